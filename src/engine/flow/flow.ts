import secureJson from 'secure-json-parse'
import { z } from 'zod'
import { Failure } from '../../core/errors.ts'
import { dig, textOf } from '../text/paths.ts'
import { parseFollowUp, type FollowUp } from './follow-up.ts'
import { parseOverrideRules, type OverrideRules } from './override-rules.ts'

/** How a flow runs: not at all, from its ending node backwards, node by node, or turn by turn. */
export type FlowKind = 'empty' | 'chatflow' | 'agentflow' | 'team'

export interface Flow {
  readonly id: string
  readonly kind: FlowKind
  /** Without the notes on the canvas. */
  readonly nodes: ReadonlyMap<string, FlowNode>
  readonly edges: readonly FlowEdge[]
  readonly overrides: OverrideRules
  /** What its text, or the code it uses, may mention, so that a run loads no more than it needs. */
  readonly mentions: { readonly variables: boolean; readonly history: boolean }
  /** Who suggests what to ask next, where the author wants that. */
  readonly followUp?: FollowUp
}

export interface FlowNode {
  readonly id: string
  readonly name: string
  readonly label: string
  readonly category: string
  /** The iteration this node belongs to. */
  readonly parent?: string
  readonly inputs: Readonly<Record<string, unknown>>
  /** What the canvas that drew the node says of its inputs. */
  readonly params: readonly FlowParam[]
  /** The output chosen where the node offers several. */
  readonly output?: string
  readonly credential?: string
}

export interface FlowParam {
  readonly name: string
  readonly type: string
  readonly acceptVariable: boolean
}

export interface FlowEdge {
  readonly source: string
  readonly sourceHandle: string
  readonly target: string
}

/** The columns of a chatflow that say how it runs. */
export interface FlowSource {
  readonly id: string
  /** JSON text `{nodes, edges}`; null or empty is the empty flow. */
  readonly flowData: string | null
  /** JSON text; holds the override switches. */
  readonly apiConfig?: string | null
  /** JSON text; says who suggests what to ask next. */
  readonly followUpPrompts?: string | null
}

const text = z.string().catch('')
const param = z.object({
  name: text,
  type: text,
  acceptVariable: z.boolean().catch(false),
})
const params = z.array(param).catch([])
const record = z.record(z.string(), z.unknown()).catch({})
const canvasNode = z.object({
  id: z.string(),
  parentNode: z.string().nullish(),
  data: z.object({
    name: z.string(),
    label: text,
    category: text,
    inputs: record,
    outputs: z.object({ output: text }).catch({ output: '' }),
    inputParams: params,
    credential: text,
  }),
})
/** An edge that leads from nothing, or to nothing, is none. */
const edge = z.object({ source: z.string(), sourceHandle: text, target: z.string() }).nullable()
const edges = z.array(edge.catch(null)).default([])
const canvas = z.object({ nodes: z.array(canvasNode).default([]), edges })

/** Where a supervisor with workers, or agents in sequence, start. */
export const teamStarts: ReadonlySet<string> = new Set(['seqStart', 'supervisor'])
const notes = new Set(['stickyNote', 'stickyNoteAgentflow'])

/**
 * Reads a flow as it was drawn into what the engine works on.
 * @throws Failure UNPROCESSABLE naming the place that has not the shape of a flow.
 */
export function parseFlow(source: FlowSource): Flow {
  const json = source.flowData ?? ''
  const given = readJson(json === '' ? '{}' : json)
  const drawn = canvas.safeParse(given)
  if (!drawn.success) {
    const path = (drawn.error.issues[0]?.path ?? []).map(String)
    const at = `flowData.${path.join('.')}${ownerOf(path, given)}`
    throw new Failure('UNPROCESSABLE', `This flow cannot be read: ${at} is not as needed.`)
  }
  const nodes = drawn.data.nodes.map(toNode).filter(({ name }) => !notes.has(name))
  return {
    id: source.id,
    kind: kindOf(nodes),
    nodes: new Map(nodes.map((node) => [node.id, node])),
    edges: drawn.data.edges.filter((drawnEdge) => drawnEdge !== null),
    overrides: parseOverrideRules(source.apiConfig ?? null),
    mentions: { variables: /\$vars|customTool/i.test(json), history: /chat_?history/i.test(json) },
    ...parseFollowUp(source.followUpPrompts ?? null),
  }
}

/** `"LLM Chain" (llmChain_0)`: how every message names a node. */
export function nodeTitle(node: Pick<FlowNode, 'id' | 'label'>): string {
  return `"${node.label}" (${node.id})`
}

/** Whose place in the flow it is, as far as that can be told. */
function ownerOf([list, index = '', ...inside]: readonly string[], given: unknown): string {
  const id = dig(given, ['nodes', index, 'id'])
  if (list !== 'nodes' || inside.length === 0 || typeof id !== 'string') return ''
  const label = textOf(dig(given, ['nodes', index, 'data', 'label']))
  return ` of the node ${nodeTitle({ id, label: label === '' ? id : label })}`
}

function kindOf(nodes: readonly FlowNode[]): FlowKind {
  if (nodes.length === 0) return 'empty'
  if (nodes.some(({ name }) => name.endsWith('Agentflow'))) return 'agentflow'
  return nodes.some(({ name }) => teamStarts.has(name)) ? 'team' : 'chatflow'
}

function toNode({ id, parentNode, data }: z.infer<typeof canvasNode>): FlowNode {
  return {
    id,
    name: data.name,
    label: data.label === '' ? data.name : data.label,
    category: data.category,
    inputs: frozen(data.inputs),
    params: data.inputParams,
    ...(parentNode ? { parent: parentNode } : {}),
    ...(data.outputs.output === '' ? {} : { output: data.outputs.output }),
    ...(data.credential === '' ? {} : { credential: data.credential }),
  }
}

/** Many runs read the same flow, at once and one after the other. */
function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) frozen(part as object)
  }
  return Object.freeze(value)
}

function readJson(json: string): unknown {
  try {
    return secureJson.parse(json, null, { protoAction: 'remove', constructorAction: 'remove' })
  } catch (cause) {
    throw new Failure('UNPROCESSABLE', 'This flow cannot be read: flowData is not JSON.', { cause })
  }
}
