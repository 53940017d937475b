import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { NodeDefinition } from '../node/define.ts'
import type { InstanceByKind, InstanceKind } from '../node/instances.ts'
import type { Part } from '../node/step.ts'
import { findNode, suggestNode } from '../nodes/index.ts'
import type { Run } from '../run/context.ts'
import { aloneNode, buildAll, credentialKey } from '../run/node-context.ts'
import type { Problem } from '../run/problems.ts'
import { parseLoose } from '../text/json.ts'
import { markdownOf } from '../text/markdown.ts'
import { isRecord } from '../text/paths.ts'

/**
 * Builds a part of an agentflow's node, such as its model. What a caller put into its settings is
 * taken as it stands, and costs the part its credential, which might else go to a stranger.
 * @throws Failure UNPROCESSABLE for a kind that is unknown or not of this sort.
 */
export async function buildPart<K extends InstanceKind>(
  run: Run,
  kind: K,
  how: {
    readonly node: FlowNode
    readonly part: Part
    readonly isReplaced: boolean
    readonly resolve: (value: unknown, wasJson: boolean) => Promise<unknown>
  },
): Promise<readonly InstanceByKind[K][]> {
  const { node, part, isReplaced, resolve } = how
  const definition = findNode(part.name)
  if (definition?.build === undefined) throw new Failure('UNPROCESSABLE', unknownPart(node, part))
  const inputs = Object.entries(part.config).filter(
    ([name]) => name !== credentialKey && !(isReplaced && definition.inputs[name]?.secret === true),
  )
  const resolved = inputs.map(async ([name, value]) => {
    const isLiteral = isReplaced || !takesVariables(definition, name)
    if (isLiteral) return [name, value] as const
    const parsed = definition.inputs[name]?.type === 'json' ? readEarly(value) : value
    return [name, await resolve(parsed, parsed !== value)] as const
  })
  return buildAll(run, kind, {
    node: aloneNode({ ...part, id: node.id, label: node.label }),
    inputs: Object.fromEntries(await Promise.all(resolved)),
    hasCredential: !isReplaced,
  })
}

/** The parts of a node, at any depth, of which this server knows no kind. */
export function agentflowPartProblems(node: FlowNode): Problem[] {
  if (!node.name.endsWith('Agentflow')) return []
  const strangers = partsIn(node.inputs).filter(({ name }) => findNode(name) === undefined)
  return strangers.map((part) => ({
    code: 'unknown-node',
    nodeId: node.id,
    nodeName: part.name,
    message: unknownPart(node, part),
  }))
}

/**
 * By the canvas's convention, settings under `xConfig` stand beside the kind's name under `x`. Who
 * writes flows without the canvas may leave them out; within settings, the name of the kind they
 * are for stands alone as well.
 */
export function partsIn(value: unknown, isSettings = false): Omit<Part, 'from'>[] {
  if (Array.isArray(value)) return value.flatMap((item) => partsIn(item, isSettings))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === 'documentStore' && item) return [{ name: 'documentStoreVS', config: {} }]
    const inside = Array.isArray(item) ? partsIn(item, isSettings) : []
    const drawn = value[`${key}Config`]
    const config = isRecord(drawn) ? drawn : !isSettings && partKey.test(key) ? {} : undefined
    if (typeof item !== 'string' || item === '' || config === undefined) return inside
    return [...inside, { name: item, config }, ...partsIn(config, true)]
  })
}

/** A person is asked in words of the model's own only where the node says so, in its settings. */
const partKey =
  /^((llm|agent|conditionAgent|embedding)Model|vectorStore|agentSelectedTool|toolAgentflowSelectedTool)$/

/** Read before resolving, so that a quote in the question cannot break out of its JSON string. */
export function readEarly(value: unknown): unknown {
  const text = typeof value === 'string' ? markdownOf(value).trim() : ''
  return /^[[{]/.test(text) ? (parseLoose(text) ?? value) : value
}

function takesVariables(definition: NodeDefinition, name: string): boolean {
  const spec = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined
  return spec?.acceptVariable === true
}

function unknownPart(node: FlowNode, { name }: Pick<Part, 'name'>): string {
  if (name === '') return `${cannotRun(node)} it needs a model or tool, and none is chosen.`
  const near = suggestNode(name)
  const hint = near === undefined ? '' : ` The nearest known type is ${near}.`
  return `${cannotRun(node)} it uses ${name}, which this server cannot run.${hint}`
}

function cannotRun(node: FlowNode): string {
  return `The node ${nodeTitle(node)} cannot run:`
}
