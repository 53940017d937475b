import type { ChatMessage, ChatModel, ModelRequest } from '../node/instances.ts'
import type { StepContext } from '../node/step.ts'
import { condensed } from '../talk/summary.ts'

export const memoryTypes = [
  'allMessages',
  'windowSize',
  'conversationSummary',
  'conversationSummaryBuffer',
] as const

/** How a model node of an agentflow is to be asked. */
export interface TalkSetup {
  /** Rows of `{role, content}`. */
  readonly messages: readonly Readonly<Record<string, unknown>>[]
  readonly userMessage: string
  readonly hasMemory: boolean
  readonly memoryType: (typeof memoryTypes)[number]
  /** Exchanges, for `windowSize`. */
  readonly window: number
  /** For `conversationSummaryBuffer`. */
  readonly maxTokens: number
}

export interface Talk {
  /** What the model is shown. */
  readonly shown: readonly ChatMessage[]
  /** What of it is new in the run, and is remembered. */
  readonly asked: readonly ChatMessage[]
}

/**
 * The conversation a model node goes on with: its system texts, its other messages, what was said
 * so far, what is asked now. The first node of a run asks the question if it has no user message.
 */
export async function talkOf(
  setup: TalkSetup,
  model: ChatModel,
  context: StepContext,
): Promise<Talk> {
  const written = setup.messages.map(toMessage).filter(({ content }) => content !== '')
  const memory = setup.hasMemory ? await remembered(setup, model, context) : []
  const hasQuestion = setup.userMessage !== '' || written.some(({ role }) => role === 'user')
  const isFirst = context.said.length === 0
  const question: ChatMessage[] =
    isFirst && !hasQuestion && context.question !== ''
      ? [{ role: 'user', content: context.question }]
      : []
  const request: ChatMessage[] =
    setup.userMessage === '' ? question : [{ role: 'user', content: setup.userMessage }]
  const system = [...written, ...memory].filter(({ role }) => role === 'system')
  const rest = [...written, ...memory].filter(({ role }) => role !== 'system')
  const shown = [...system, ...rest, ...request]
  const isEmpty = shown.every(({ role }) => role === 'system')
  // Providers refuse a conversation in which nobody says anything.
  const filler: ChatMessage[] = isEmpty ? [{ role: 'user', content: lastWords(context) }] : []
  return { shown: [...shown, ...filler], asked: request }
}

/** Tells the caller what a model says while it says it; a client opens an agentflow by itself. */
export function tokens({
  emit,
  isHeard,
}: Pick<StepContext, 'emit' | 'isHeard'>): Pick<ModelRequest, 'onToken' | 'onThinking'> {
  if (!isHeard) return {}
  return {
    onToken: (data) => emit({ event: 'token', data }),
    onThinking: (data) => emit({ event: 'thinking', data }),
  }
}

/** Whose words a node's answer becomes for the nodes after it. */
export function replyAs(role: 'userMessage' | 'assistantMessage', content: string): ChatMessage {
  return { role: role === 'assistantMessage' ? 'assistant' : 'user', content }
}

async function remembered(
  { memoryType, window, maxTokens }: TalkSetup,
  model: ChatModel,
  context: StepContext,
): Promise<readonly ChatMessage[]> {
  const all = [...(await context.past()), ...context.said]
  if (memoryType === 'windowSize') return window > 0 ? all.slice(-2 * window) : []
  if (memoryType === 'allMessages' || all.length === 0) return all
  const kept = memoryType === 'conversationSummary' ? 0 : maxTokens
  return condensed(all, kept, { model, signal: context.signal })
}

function toMessage({ role, content }: Readonly<Record<string, unknown>>): ChatMessage {
  const words =
    typeof content === 'string' ? content : content == null ? '' : JSON.stringify(content)
  if (role === 'assistant' || role === 'user') return { role, content: words }
  return { role: 'system', content: words }
}

function lastWords({ said, question }: StepContext): string {
  return said.at(-1)?.content || question || '…'
}
