import type { ChatMessage, ChatModel } from '../node/instances.ts'
import type { TeamMessage, TurnContext, Values } from '../node/turn.ts'
import { createPrompt } from '../talk/prompt.ts'
import { withImages } from '../talk/uploads.ts'
import { promptValues } from './state.ts'

export const historySelections = ['all_messages', 'user_question', 'last_message', 'empty'] as const

export interface Speech {
  readonly system: string
  /** Stand after the system text. */
  readonly examples?: readonly ChatMessage[]
  readonly human: string
  readonly values: Values
  readonly selection: (typeof historySelections)[number]
}

/** What a member of a team is shown: its system text, the conversation, its own request. */
export function speechOf(
  { system, examples = [], human, values, selection }: Speech,
  model: ChatModel,
  context: TurnContext,
): readonly ChatMessage[] {
  const known = promptValues(values, context)
  const heard = heardBy(context, selection)
  const before: ChatMessage[] = [{ role: 'system', content: filled(system, known) }]
  const after: ChatMessage[] = [{ role: 'user', content: filled(human, known) }]
  const messages = [...before, ...examples, ...heard, ...after].filter(
    (message) => message.content !== '' || 'toolCalls' in message || message.role === 'tool',
  )
  const isEmpty = messages.every(({ role }) => role === 'system')
  const request: ChatMessage[] = isEmpty ? [{ role: 'user', content: context.question }] : []
  return withImages([...messages, ...request], model, context.images)
}

/** Its own words are the assistant's; those of others come from outside, under their name. */
export function seenBy(
  id: string,
  messages: readonly TeamMessage[],
  nameOf: (id: string) => string,
): readonly ChatMessage[] {
  return messages.map(({ speaker, ...message }): ChatMessage => {
    if (message.role !== 'assistant' || speaker === undefined || speaker === id) return message
    const { content, toolCalls = [] } = message
    // What a provider adds to its own messages means nothing to another one's model.
    if (toolCalls.length > 0) return { role: 'assistant', content, toolCalls }
    return { role: 'user', content: `${nameOf(speaker)}: ${content}` }
  })
}

function heardBy(context: TurnContext, selection: Speech['selection']): readonly ChatMessage[] {
  const { node, state, question } = context
  if (selection === 'empty') return []
  if (selection === 'user_question') return [{ role: 'user', content: question }]
  const all = seenBy(node.id, state.messages, (id) => context.nameOf(id))
  return selection === 'last_message' ? all.slice(-1) : all
}

/** A variable without a value stays as written. */
function filled(template: string, values: Values): string {
  if (template === '') return ''
  const prompt = createPrompt([{ role: 'user', content: template }], values)
  const names = prompt.missing.map((name) => [name, name in values ? '' : `{${name}}`])
  return prompt.format(Object.fromEntries(names) as Record<string, string>)[0]?.content ?? ''
}
