import type { ChatMessage, ChatModel, ModelRequest } from '../node/instances.ts'
import type { StepContext } from '../node/step.ts'
import { messagesOf } from '../talk/history.ts'
import { condensed } from '../talk/summary.ts'

export const memoryTypes = [
  'allMessages',
  'windowSize',
  'conversationSummary',
  'conversationSummaryBuffer',
] as const

export interface Memory {
  readonly memoryType: (typeof memoryTypes)[number]
  /** Exchanges, for `windowSize`. */
  readonly window: number
  /** For `conversationSummaryBuffer`. */
  readonly maxTokens: number
}

/** How a model node of an agentflow is to be asked. */
export interface TalkSetup extends Memory {
  /** Rows of `{role, content}`. */
  readonly messages: readonly Readonly<Record<string, unknown>>[]
  /** Asked last; nodes without memory have none. */
  readonly userMessage: string
  readonly hasMemory: boolean
}

export interface Talk {
  /** What the model is shown. */
  readonly shown: readonly ChatMessage[]
  /** What of it is new in the run, and is remembered: what the caller asks, not what nodes do. */
  readonly asked: readonly ChatMessage[]
}

/**
 * The conversation a model node goes on with: its system texts, its other messages, what was said
 * so far, the question where it is the first to speak in this run, its own user message. Without
 * memory it sees no more than its messages, and the question if none of them asks something.
 */
export async function talkOf(
  setup: TalkSetup,
  model: ChatModel,
  context: StepContext,
): Promise<Talk> {
  const written = setup.messages.map(toMessage).filter(({ content }) => content !== '')
  const isFirst = context.said.length === 0
  const question: ChatMessage[] =
    isFirst && context.question !== '' ? [{ role: 'user', content: context.question }] : []
  const talk = setup.hasMemory
    ? await withMemory(setup, model, { written, question, context })
    : withoutMemory({ written, question, context })
  const system = talk.shown.filter(({ role }) => role === 'system')
  const rest = talk.shown.filter(({ role }) => role !== 'system')
  // Providers refuse a conversation in which nobody says anything.
  const filler: ChatMessage[] = [{ role: 'user', content: lastWords(context) }]
  return { shown: [...system, ...(rest.length === 0 ? filler : rest)], asked: talk.asked }
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

/** What a node of an agentflow remembers, in the way that its author chose. */
export async function remembered(
  { memoryType, window, maxTokens }: Memory,
  model: ChatModel,
  context: StepContext,
): Promise<readonly ChatMessage[]> {
  const all = [...(await context.past()), ...context.said]
  if (memoryType === 'windowSize') return window > 0 ? all.slice(-2 * window) : []
  if (memoryType === 'allMessages' || all.length === 0) return all
  const kept = memoryType === 'conversationSummary' ? 0 : maxTokens
  return condensed(all, kept, { model, signal: context.signal })
}

interface Words {
  readonly written: readonly ChatMessage[]
  readonly question: readonly ChatMessage[]
  readonly context: StepContext
}

async function withMemory(
  setup: TalkSetup,
  model: ChatModel,
  { written, question, context }: Words,
): Promise<Talk> {
  const memory = await remembered(setup, model, context)
  // A person who decided on the run asked in it before, and the session remembers that.
  const asked = context.isQuestionPast ? [] : question
  const isRepeated = asked.at(-1)?.content === setup.userMessage
  const own: ChatMessage[] =
    setup.userMessage === '' || isRepeated ? [] : [{ role: 'user', content: setup.userMessage }]
  return { shown: [...written, ...memory, ...asked, ...own], asked }
}

function withoutMemory({ written, question, context }: Words): Talk {
  const users = written.filter(({ role }) => role === 'user')
  const asked = users.length === 0 ? question : []
  const isFirst = context.said.length === 0
  const given = isFirst ? messagesOf(context.input.history ?? []) : []
  return { shown: [...given, ...written, ...asked], asked: isFirst ? [...users, ...asked] : [] }
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
