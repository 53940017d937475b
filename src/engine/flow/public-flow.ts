import { isRecord, parseJson, rowsInText } from '../text/paths.ts'
import { withoutKeys } from '../text/secrets.ts'
import { isIdKey, secretKey, withoutSecretTexts } from './drawn-secrets.ts'

/**
 * `flowData` for anyone to read: without credential ids, passwords, headers, tokens, and without
 * texts that look like a key. Prompts stay. What is not a flow becomes the empty one.
 */
export function toPublicFlow(flowData: string | null): string {
  const { nodes, edges, ...rest } = readCanvas(flowData)
  return JSON.stringify({ nodes: nodes.map(cleanNode), edges, ...rest })
}

/** What the chat widget reads of a flow: the names of its nodes and the form it starts with. */
export function toWidgetFlow(flowData: string | null): string {
  const nodes = readCanvas(flowData).nodes.map((node) => {
    const data = isRecord(node['data']) ? node['data'] : {}
    const { id, name, label, category } = data
    const inputs = name === 'startAgentflow' ? { inputs: startForm(data['inputs']) } : {}
    return { id: node['id'], data: { id, name, label, category, ...inputs } }
  })
  return JSON.stringify({ nodes, edges: [] })
}

/** The ids of all credentials a flow uses, nested ones as well. */
export function credentialIds(flowData: string | null): readonly string[] {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) {
        if (isIdKey(key) && typeof item === 'string' && item !== '') found.add(item)
        else visit(rowsInText(item) ?? item)
      }
    }
  }
  for (const node of readCanvas(flowData).nodes) visit(node['data'])
  return [...found]
}

interface Canvas {
  readonly nodes: readonly Readonly<Record<string, unknown>>[]
  readonly edges: readonly unknown[]
}

function readCanvas(flowData: string | null): Canvas & Readonly<Record<string, unknown>> {
  const parsed = parseJson(flowData ?? '')
  const canvas = isRecord(parsed) ? parsed : {}
  const { nodes, edges } = canvas
  return {
    ...(isRecord(canvas['viewport']) ? { viewport: canvas['viewport'] } : {}),
    nodes: Array.isArray(nodes) ? nodes.filter(isRecord) : [],
    edges: Array.isArray(edges) ? (edges as unknown[]) : [],
  }
}

function cleanNode(node: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const data = isRecord(node['data']) ? node['data'] : {}
  const passwords = passwordNames(data['inputParams'])
  const { inputs, ...facts } = data
  const clean = withoutKeys(facts, isIdKey) as Readonly<Record<string, unknown>>
  const values = withoutKeys(inputs, (key) => secretKey.test(key) || passwords.has(key))
  return { ...node, data: { ...clean, inputs: withoutSecretTexts(values ?? {}) } }
}

/** Names of inputs that the canvas itself draws as passwords. */
function passwordNames(inputParams: unknown): ReadonlySet<unknown> {
  const params = Array.isArray(inputParams) ? inputParams.filter(isRecord) : []
  const secret = params.filter(({ type }) => type === 'password' || type === 'credential')
  return new Set(secret.map(({ name }) => name))
}

function startForm(inputs: unknown): Readonly<Record<string, unknown>> {
  const drawn = isRecord(inputs) ? inputs : {}
  const { startInputType, formTitle, formDescription, formInputTypes } = drawn
  return { startInputType, formTitle, formDescription, formInputTypes }
}
