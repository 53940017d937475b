import type { ChatMessage } from '../node/instances.ts'
import type { HistoryMessage } from '../node/ports.ts'

/** A conversation as it is stored, as a model is shown it. */
export function messagesOf(history: readonly HistoryMessage[]): readonly ChatMessage[] {
  return history.map(({ role, content }) => ({
    role: role === 'userMessage' ? 'user' : 'assistant',
    content,
  }))
}
