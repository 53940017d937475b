import { answerFrom, respond } from '../../documents/answer.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, bool, optionalAnchor, text, type InputsOf } from '../../node/inputs.ts'
import type { ChatMessage } from '../../node/instances.ts'
import { refusalOf } from '../../talk/answering.ts'
import { messagesOf } from '../../talk/history.ts'
import { filled } from '../../text/template.ts'

const rephrase =
  'Below are a conversation and a follow-up question. Word the question so that it can be ' +
  'understood without the conversation; answer with the question alone.\n\n' +
  'Conversation:\n{chat_history}\n\nFollow-up question: {question}\nQuestion on its own:'

const inputs = {
  model: anchor('chatModel'),
  vectorStoreRetriever: anchor('retriever'),
  memory: optionalAnchor('memory'),
  inputModeration: anchors('moderation'),
  returnSourceDocuments: bool({ default: false }),
  rephrasePrompt: text({ default: rephrase }),
  responsePrompt: text({ default: respond }),
  systemMessagePrompt: text(),
}

/** Answers from documents, in a conversation. */
export const conversationalRetrievalQAChain = defineNode({
  name: 'conversationalRetrievalQAChain',
  label: 'Conversational Retrieval QA Chain',
  version: 3,
  category: 'Chains',
  description: 'Answers from documents, and knows what was said before.',
  inputs,
  run: async (values, context) => {
    const refusal = await refusalOf(values.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const history = await (values.memory?.messages() ?? remembered(context))
    const question = context.input.question ?? ''
    const alone = history.length === 0 ? question : await reworded(values, history, context)
    const template = values.systemMessagePrompt || values.responsePrompt
    return answerFrom(alone, { ...values, template, history }, context)
  },
})

async function remembered(context: NodeContext): Promise<readonly ChatMessage[]> {
  return messagesOf(await context.history())
}

/** The question as it is understood without the conversation before it. */
async function reworded(
  { model, rephrasePrompt }: InputsOf<typeof inputs>,
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
