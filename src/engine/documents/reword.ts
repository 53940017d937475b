import type { NodeContext } from '../node/context.ts'
import type { ChatMessage, ChatModel } from '../node/instances.ts'
import { filled } from '../text/template.ts'

/** How a question is reworded where the author of a flow does not say. */
export const rephrase =
  'Below are a conversation and a follow-up question. Word the question so that it can be ' +
  'understood without the conversation; answer with the question alone.\n\n' +
  'Conversation:\n{chat_history}\n\nFollow-up question: {question}\nQuestion on its own:'

/** The question of the run as it is understood without the conversation before it. */
export async function reworded(
  { model, rephrasePrompt }: { readonly model: ChatModel; readonly rephrasePrompt: string },
  history: readonly ChatMessage[],
  { input, signal }: NodeContext,
): Promise<string> {
  const question = input.question ?? ''
  const lines = history.map(
    ({ role, content }) => `${role === 'user' ? 'Human' : 'Assistant'}: ${content}`,
  )
  const content = filled(rephrasePrompt, { chat_history: lines.join('\n'), question })
  const { text: said } = await model.ask({ messages: [{ role: 'user', content }], signal })
  return said.trim() || question
}
