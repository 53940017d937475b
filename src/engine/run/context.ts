import type { Flow, FlowNode } from '../flow/flow.ts'
import { overriddenVariables, overrideNode, type OverriddenNode } from '../flow/overrides.ts'
import type { NodeDefinition } from '../node/define.ts'
import type { TokenUsage } from '../node/events.ts'
import type { Image } from '../node/instances.ts'
import type { HistoryMessage, VectorOwner } from '../node/ports.ts'
import type { FlowResult } from '../node/result.ts'
import type { RunInput } from '../node/run-input.ts'
import { findNode } from '../nodes/index.ts'
import { readUploads } from '../talk/uploads.ts'
import type { Secrets } from '../text/secrets.ts'
import type { RunRequest } from './request.ts'

/** A request with what both runners derive from it once. */
export interface Run extends RunRequest {
  readonly owner: VectorOwner
  readonly sessionId: string
  readonly secrets: Secrets
  readonly spend: (usage: TokenUsage) => void
  /** Loaded on first use; what the caller sent stands before what is stored. */
  readonly history: () => Promise<readonly HistoryMessage[]>
  /** Values behind `$vars`, with what the caller may replace. */
  readonly variables: Readonly<Record<string, string>>
  /** History for references in texts; empty when the flow mentions none. */
  readonly mentionedHistory: readonly HistoryMessage[]
  /** Values behind `$flow`. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly images: readonly Image[]
  /** Text of the files that came with the question; it stands before the question as well. */
  readonly fileText: string
  /** Runs another flow as a part of this run. */
  readonly runFlow: (request: RunRequest) => Promise<FlowResult>
}

export async function prepareRun(
  request: RunRequest,
  { secrets, spend, runFlow }: Pick<Run, 'secrets' | 'spend' | 'runFlow'>,
): Promise<Run> {
  const { flow, ports } = request
  const { images, fileText } = await readUploads(request.input.uploads ?? [], request)
  const input = withFiles(request.input, fileText)
  const sessionId = sessionOf(flow, input)
  let loaded: Promise<readonly HistoryMessage[]> | undefined
  const history = () => {
    loaded ??= ports.history(sessionId).then((stored) => [...(input.history ?? []), ...stored])
    return loaded
  }
  const stored = flow.mentions.variables ? await ports.variables() : {}
  return {
    ...request,
    owner: request.owner ?? { kind: 'chatflow', id: flow.id },
    input,
    images,
    fileText,
    sessionId,
    secrets,
    spend,
    runFlow,
    history,
    variables: { ...stored, ...overriddenVariables(flow.overrides, input.overrideConfig) },
    mentionedHistory: flow.mentions.history ? await history() : [],
    facts: {
      chatflowid: flow.id,
      chatflowId: flow.id,
      chatId: input.chatId,
      sessionId,
      apiMessageId: input.apiMessageId,
    },
  }
}

/**
 * The conversation a run belongs to: what the request names, then what the flow's memory node
 * has written in it, then the chat. An agentflow has no memory node to ask.
 */
export function sessionOf(flow: Flow, input: RunInput): string {
  const named = input.overrideConfig?.['sessionId']
  if (typeof named === 'string' && named !== '') return named
  if (flow.kind === 'agentflow') return input.chatId
  if (input.sessionId !== undefined && input.sessionId !== '') return input.sessionId
  const memories = [...flow.nodes.values()].filter(
    ({ name, category }) => (findNode(name)?.category ?? category) === 'Memory',
  )
  const written = memories.map(({ inputs }) => inputs['sessionId'])
  const fixed = written.find((id): id is string => typeof id === 'string' && id !== '')
  return fixed ?? input.chatId
}

function withFiles(input: RunInput, fileText: string): RunInput {
  if (fileText === '') return input
  const asked = input.question ?? ''
  return { ...input, question: asked === '' ? fileText : `${fileText}\n\n${asked}` }
}

/** A node's inputs after the caller's overrides. */
export function overridden(run: Run, node: FlowNode, definition: NodeDefinition): OverriddenNode {
  return overrideNode(node, run.input.overrideConfig, {
    rules: run.flow.overrides,
    nodeIds: new Set(run.flow.nodes.keys()),
    traits: (name) => {
      const spec = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined
      return spec && { endpoint: spec.endpoint, secret: spec.secret, code: spec.type === 'code' }
    },
  })
}
