import type { NodeContext } from '../node/context.ts'
import type { ChatMessage, Prompt } from '../node/instances.ts'
import { fillPrompt } from './prompt.ts'

/** What stands before the conversation so far, and what after it. */
export interface Frame {
  readonly before: readonly ChatMessage[]
  readonly after: readonly ChatMessage[]
}

/** A template's last request after the conversation, and its other messages before it. */
export function frameOf(
  prompt: Prompt | undefined,
  systemMessage: string,
  { input, node }: NodeContext,
): Frame {
  const question = input.question ?? ''
  const asked: readonly ChatMessage[] = [{ role: 'user', content: question }]
  if (prompt === undefined) {
    const before: ChatMessage[] = [{ role: 'system', content: systemMessage }]
    return { before: systemMessage === '' ? [] : before, after: asked }
  }
  const filled = fillPrompt(prompt, { question, node })
  const at = filled.findLastIndex(({ role }) => role === 'user')
  if (at === -1) return { before: filled, after: asked }
  return { before: filled.slice(0, at), after: filled.slice(at) }
}
