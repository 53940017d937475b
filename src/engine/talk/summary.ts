import type { ChatMessage, ChatModel } from '../node/instances.ts'

/** The newest messages that fit into so many tokens, with a summary of those before them. */
export async function condensed(
  messages: readonly ChatMessage[],
  maxTokens: number,
  { model, signal }: { readonly model: ChatModel; readonly signal: AbortSignal },
): Promise<readonly ChatMessage[]> {
  const from = messages.length - fitting(messages, maxTokens)
  const summary = await summarize(model, messages.slice(0, from), signal)
  return [...summary, ...messages.slice(from)]
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

/** How many of the newest messages stay within the tokens. */
function fitting(messages: readonly ChatMessage[], maxTokens: number): number {
  let tokens = 0
  let count = 0
  for (const { content } of messages.toReversed()) {
    // Four characters are about a token, near enough for a limit.
    tokens += Math.ceil(content.length / 4)
    if (tokens > maxTokens) return count
    count += 1
  }
  return count
}
