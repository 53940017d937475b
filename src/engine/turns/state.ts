import type { ChatMessage } from '../node/instances.ts'
import type { StateField, TeamMessage, TeamState, TurnContext, Values } from '../node/turn.ts'
import { parseLoose } from '../text/json.ts'
import { dig, isRecord, isSafeKey, pathKeys, textOf } from '../text/paths.ts'
import { runUserCode } from '../tools/code.ts'

/** What `$flow` means inside a team. */
export function flowFacts(
  { facts, input, question, state }: TurnContext,
  output: unknown,
): Readonly<Record<string, unknown>> {
  return { ...facts, input: input.question ?? question, output, state: shownState(state) }
}

/** A team's state as its author's code sees it. */
export function shownState({ messages, values }: TeamState): Values {
  return { ...values, messages: messages.map(({ speaker: _speaker, ...message }) => message) }
}

/**
 * A value as authors write it: `$flow.state.x`, `$flow.output`, `$vars.x`, what a member said last
 * by the id of its node, `$seqAgent_0`; others as they are.
 */
export function flowValue(written: unknown, context: TurnContext, output: unknown): unknown {
  const text = typeof written === 'string' ? written.trim() : ''
  if (text.startsWith('$vars.')) return dig(context.variables, pathKeys(text).slice(1))
  const said = context.state.messages.findLast(({ speaker }) => `$${speaker}` === text)
  if (said !== undefined) return said.content
  if (!/^\$flow\b/.test(text)) return written
  const facts = flowFacts(context, output)
  const path = pathKeys(text).slice(1)
  const found = digBack(facts, path)
  const isWhole = path.length === 1 && path[0] === 'output' && isRecord(found)
  return isWhole ? (found['content'] ?? found) : found
}

/** The canvas offers what members said as `{{ $theirId }}`: as `$theirId`; other texts as they are. */
export function withoutBraces(written: string): string {
  const name = /^\{\{([^{}]*)\}\}$/.exec(written)?.[1]
  return name === undefined ? written : `$${name.trim().replace(/^\$/, '')}`
}

/** Prompt values, in which the same may stand. */
export function promptValues(values: Values, context: TurnContext): Values {
  const entries = Object.entries(values).map(
    ([key, value]) => [key, flowValue(value, context, context.lastOutput)] as const,
  )
  return Object.fromEntries(entries)
}

/**
 * The changes a member makes to the state, by rows or by code, whichever the author chose. Older
 * canvases kept rows of their own kind where newer ones keep the choice.
 */
export async function stateChanges(context: TurnContext, output: unknown): Promise<Values> {
  const { inputs, id } = context.node
  const oldRows = rowsOf(inputs['updateStateMemory'])
  const tab = chosenTab(context, 'updateStateMemory', 'selectedUpdateStateMemoryTab')
  if (tab === 'updateStateMemoryCode') {
    const code = textOf(inputs['updateStateMemoryCode'])
    if (code.trim() === '') return {}
    const made = await runUserCode({ ...context, facts: flowFacts(context, output) }, code, {})
    return isRecord(made) ? safe(made) : {}
  }
  const newRows = rowsOf(inputs[`updateStateMemoryUI_${id}`] ?? inputs['updateStateMemoryUI'])
  const rows = oldRows.length > 0 ? oldRows : newRows
  const pairs = rows.map((row) => [
    textOf(row['key'] ?? row['Key']),
    flowValue(row['value'] ?? row['Value'], context, output),
  ])
  return safe(Object.fromEntries(pairs.filter(([key]) => key !== '')) as Values)
}

/** Which of several ways of writing an author has chosen; some canvases add the node's id. */
export function chosenTab(
  { node }: Pick<TurnContext, 'node'>,
  input: string,
  prefix: string,
): string {
  const tab = textOf(node.inputs[`${prefix}_${node.id}`]) || textOf(node.inputs[input])
  return tab.replace(`_${node.id}`, '')
}

export function rowsOf(value: unknown): readonly Values[] {
  const parsed = typeof value === 'string' ? parseLoose(value) : value
  return Array.isArray(parsed) ? parsed.filter(isRecord) : []
}

/** The state after what a member said and changed. */
export async function changed(
  state: TeamState,
  fields: readonly StateField[],
  { said = [], values = {} }: { said?: readonly TeamMessage[]; values?: Values },
): Promise<TeamState> {
  const next = { ...state.values }
  for (const [key, value] of Object.entries(values)) {
    const field = fields.find((known) => known.key === key)
    // What comes to nothing changes nothing.
    next[key] = field === undefined ? value : await field.join(next[key], value ?? next[key])
  }
  return { messages: [...state.messages, ...said], values: next }
}

/** Without calls that nobody answered: providers refuse a conversation that has them. */
export function withoutOpenCalls(messages: readonly TeamMessage[]): readonly TeamMessage[] {
  const answered = new Set(
    messages.flatMap((message) => (message.role === 'tool' ? [message.callId] : [])),
  )
  return messages.filter((message) => {
    const calls = callsOf(message)
    return calls.every(({ id }) => answered.has(id))
  })
}

export function callsOf(message: ChatMessage | undefined) {
  return message?.role === 'assistant' ? (message.toolCalls ?? []) : []
}

/** As `dig`; `[-1]` is the last of a list. */
function digBack(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => {
    const isLast = key === '-1' && Array.isArray(at)
    return dig(at, [isLast ? String((at as unknown[]).length - 1) : key])
  }, value)
}

function safe(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => isSafeKey(key) && key !== 'messages'),
  )
}
