import type { Flow, FlowNode } from '../engine/flow/flow.ts'
import type { NodeDefinition } from '../engine/node/define.ts'

type Find = (name: string) => NodeDefinition | undefined

const categories = new Set(['Document Loaders', 'Text Splitters', 'Embeddings', 'Vector Stores'])
const plainTypes = new Set(['text', 'number', 'bool', 'options'])
const longest = 200

/** What took part in an upsert, with the settings that are short and no secret. */
export function settingsOf({ nodes }: Flow, find: Find): unknown[] {
  const taking = [...nodes.values()].filter(({ name }) =>
    categories.has(find(name)?.category ?? ''),
  )
  return taking.map((node) => ({
    id: node.id,
    name: node.name,
    label: node.label,
    settings: Object.fromEntries(plainInputs(node, find)),
  }))
}

function plainInputs({ name, inputs }: FlowNode, find: Find): [string, unknown][] {
  const specs = find(name)?.inputs ?? {}
  return Object.entries(specs).flatMap(([key, spec]) => {
    const value = inputs[key]
    const isPlain = plainTypes.has(spec.type) && !spec.secret && !spec.endpoint
    const isShort = ['string', 'number', 'boolean'].includes(typeof value)
    if (!isPlain || !isShort || value === '' || String(value).length > longest) return []
    return [[key, value] as [string, unknown]]
  })
}
