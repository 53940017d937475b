import type { ChatModel } from '../node/instances.ts'

/** Other wordings of a query, as a model gives them, one a line; so many at most. */
export async function wordingsOf(
  prompt: string,
  count: number,
  { model, signal }: { readonly model: ChatModel; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const { text } = await model.ask({ messages: [{ role: 'user', content: prompt }], signal })
  const lines = text.split('\n').map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s*/, '').trim())
  // Authors' prompts may ask for the lines between marks such as <questions>.
  return lines.filter((line) => line !== '' && !/^<\/?\w+>$/.test(line)).slice(0, count)
}
