import type { ChatMessage, ChatModel } from './instances.ts'

/** About four characters a token: close enough to decide what is summed up. */
export function countTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0)
}

/**
 * What was said, in a few sentences of a model's, as a message of the system; nothing for nothing.
 */
export async function summarize(
  model: ChatModel,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<readonly ChatMessage[]> {
  if (messages.length === 0) return []
  const names = { system: 'System', user: 'Human', assistant: 'AI', tool: 'Tool' } as const
  const lines = messages.map(({ role, content }) => `${names[role]}: ${content}`)
  const content =
    'Sum up this conversation in a few sentences, so that somebody can go on with it. Keep names, ' +
    `numbers and decisions.\n\n${lines.join('\n')}\n\nSummary:`
  const { text } = await model.ask({ messages: [{ role: 'user', content }], signal })
  return [{ role: 'system', content: `The conversation so far, summed up: ${text}` }]
}
