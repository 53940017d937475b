import type { HistoryMessage } from '../node/ports.ts'
import { parseLoose } from '../text/json.ts'
import { markdownOf } from '../text/markdown.ts'
import { dig, pathKeys } from '../text/paths.ts'
import { joined, type Room } from '../text/room.ts'

/** What references in a chatflow's inputs can name. */
export interface ChatflowScope {
  readonly question: string
  /** Text of the files that came with the question. */
  readonly fileText: string
  readonly history: readonly HistoryMessage[]
  readonly variables: Readonly<Record<string, string>>
  /** `chatflowId`, `chatId`, `sessionId` … */
  readonly flow: Readonly<Record<string, unknown>>
  readonly room: Room
  /** What a node built; undefined when there is no such node. */
  readonly instance: (nodeId: string) => Promise<unknown> | undefined
}

/** What references in an agentflow's inputs can name. */
export interface AgentflowScope {
  readonly question: string
  readonly form: Readonly<Record<string, unknown>>
  /** What was said in the session, this run included. */
  readonly history: readonly Said[]
  readonly variables: Readonly<Record<string, string>>
  /** As for chatflows, and `state`. */
  readonly flow: Readonly<Record<string, unknown>>
  readonly now: () => Date
  readonly room: Room
  readonly loopCount?: number
  readonly fileText?: string
  /** How many messages there are in this run after the question. */
  readonly messagesInRun?: number
  /** What a node left that has just run: `{{ output }}`. */
  readonly result?: Readonly<Record<string, unknown>>
  /** The item of the iteration around the node. */
  readonly iteration?: unknown
  /** The latest output of a node; undefined when it has not run. */
  readonly output: (nodeId: string) => Readonly<Record<string, unknown>> | undefined
}

/** A message as it is stored, or as a model is shown it. */
interface Said {
  readonly role: string
  readonly content: string
}

/**
 * Resolves one input of a chatflow's node. `{{node.data.instance}}` as the whole value gives what
 * the node built, as it is; in a text it gives its text. `$vars` and `$flow` work everywhere, the
 * question and the history only where the input accepts variables. Names are taken to the letter,
 * blanks included; what is unknown stays as written, and what came in is never resolved again.
 */
export async function resolveInput(
  value: unknown,
  how: { readonly acceptVariable: boolean; readonly isJson: boolean },
  scope: ChatflowScope,
): Promise<unknown> {
  // Read before resolving, so that a quote in the question cannot break out of its JSON string.
  const parsed = how.isJson && typeof value === 'string' ? (parseLoose(value) ?? value) : value
  const lookUp = (reference: string) => chatflowValue(reference, how.acceptVariable, scope)
  return resolveStrings(parsed, (text) => resolveText(text, lookUp, scope.room))
}

/**
 * Resolves one input of an agentflow's node, at any depth. Rich text becomes Markdown first;
 * blanks around a name do not matter; what is unknown stays as written. Values become text, as JSON
 * if need be. Only what stands alone may keep its type: a number or a switch out of another node's
 * output, and what the node itself has left. In what was a text of JSON, nothing does: there the
 * reference stood between quotes.
 */
export async function resolveStepInput(
  value: unknown,
  scope: AgentflowScope,
  wasJson = false,
): Promise<unknown> {
  const lookUp = (reference: string) => {
    const name = plainName(reference)
    const found = agentflowValue(name, scope) ?? undefined
    const isKept = found === undefined || (!wasJson && keepsType(name, found, scope))
    return isKept ? found : asText(found)
  }
  return resolveStrings(value, (text) => resolveText(markdownOf(text), lookUp, scope.room))
}

/** `Human: …` and `Assistant: …` lines. */
export function renderHistory(history: readonly Said[]): string {
  const lines = history.filter(({ content }) => content.trim() !== '')
  return lines
    .map(({ role, content }) => {
      const speaker = Object.hasOwn(speakers, role) ? speakers[role] : undefined
      return speaker === undefined ? content : `${speaker}: ${content}`
    })
    .join('\n')
}

const speakers: Readonly<Record<string, string>> = {
  userMessage: 'Human',
  user: 'Human',
  apiMessage: 'Assistant',
  assistant: 'Assistant',
}

/** A reference's value, or undefined when there is none. */
type LookUp = (reference: string) => unknown

async function resolveStrings(
  value: unknown,
  resolve: (text: string) => Promise<unknown>,
): Promise<unknown> {
  if (typeof value === 'string') return resolve(value)
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => resolveStrings(item, resolve)))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveStrings(item, resolve)] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

async function resolveText(text: string, lookUp: LookUp, room: Room): Promise<unknown> {
  const references = [...text.matchAll(/\{\{([^{}]+)\}\}/g)]
  if (references.length === 0) return text
  const values = await Promise.all(references.map(([, name = '']) => lookUp(name)))
  const [only] = references
  // A reference that stands alone keeps its value's type: an object stays an object.
  if (only !== undefined && only[0] === text) return values[0] ?? text
  const resolved = joined(piecesOf(text, references, values))
  room(resolved.length)
  return resolved
}

/** The text with a value for each reference that has one. */
function* piecesOf(
  text: string,
  references: readonly RegExpExecArray[],
  values: readonly unknown[],
): Generator<string> {
  let from = 0
  for (const [index, reference] of references.entries()) {
    yield text.slice(from, reference.index)
    yield asText(values[index] ?? reference[0])
    from = reference.index + reference[0].length
  }
  yield text.slice(from)
}

function chatflowValue(reference: string, acceptVariable: boolean, scope: ChatflowScope): unknown {
  const [head = '', ...rest] = pathKeys(reference)
  if (head === '$vars') return dig(scope.variables, rest)
  if (head === '$flow') return dig({ ...scope.flow, chatHistory: scope.history }, rest)
  if (acceptVariable) {
    const words = chatflowWord(reference, scope)
    if (words !== undefined) return words
  }
  const [data, instance, ...inside] = rest
  if (data !== 'data' || instance !== 'instance') return undefined
  return scope.instance(head)?.then((built) => dig(built, inside))
}

function chatflowWord(reference: string, scope: ChatflowScope): string | undefined {
  if (reference === 'question') return scope.question
  if (reference === 'chat_history') return renderHistory(scope.history)
  return reference === 'file_attachment' ? scope.fileText : undefined
}

/** Without blanks around it, and without the backslashes that Markdown puts before underscores. */
function plainName(reference: string): string {
  return reference.trim().replaceAll('\\', '')
}

function keepsType(name: string, found: unknown, { result }: AgentflowScope): boolean {
  if (/^output\b/.test(name)) return result !== undefined
  return /\.output\./.test(name) && (typeof found === 'number' || typeof found === 'boolean')
}

function agentflowValue(reference: string, scope: AgentflowScope): unknown {
  const word = agentflowWord(reference, scope)
  if (word !== undefined) return word
  const [head = '', ...rest] = pathKeys(reference)
  if (head === '$iteration') return itemValue(scope.iteration, rest)
  if (head.startsWith('$')) return dig(agentflowSource(head, scope), rest)
  if (head === 'output' && scope.result !== undefined) return resultValue(scope.result, rest)
  const output = scope.output(head)
  return output && outputValue(output, rest)
}

function outputValue(output: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  if (path[0] === 'output') return dig(output, path.slice(1))
  return path.length === 0 ? (output['content'] ?? dig(output, ['http', 'data'])) : undefined
}

/** A key of an item; an item that is a text is what all its keys mean. */
function itemValue(item: unknown, path: readonly string[]): unknown {
  return dig(item, path) ?? (typeof item === 'string' ? item : undefined)
}

/** A key of what a node left, or of its content where that is JSON. */
function resultValue(result: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  const content = result['content'] ?? result['http']
  return path.length === 0 ? content : (dig(result, path) ?? dig(content, path))
}

function agentflowSource(head: string, scope: AgentflowScope): unknown {
  if (head === '$form') return scope.form
  if (head === '$vars') return scope.variables
  if (head !== '$flow') return undefined
  const { flow, history: chatHistory, messagesInRun: runtimeChatHistoryLength = 0 } = scope
  return { ...flow, chatHistory, runtimeChatHistoryLength }
}

function agentflowWord(reference: string, scope: AgentflowScope): unknown {
  if (reference === 'question') return scope.question
  if (reference === 'chat_history') return renderHistory(scope.history)
  if (reference === 'file_attachment') return scope.fileText ?? ''
  if (reference === 'current_date_time') return scope.now().toISOString()
  if (reference === 'runtime_messages_length') return scope.messagesInRun ?? 0
  return reference === 'loop_count' ? scope.loopCount : undefined
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
