import { answerFrom, respond } from '../../documents/answer.ts'
import { rephrase, reworded } from '../../documents/reword.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, bool, optionalAnchor, text } from '../../node/inputs.ts'
import type { ChatMessage } from '../../node/instances.ts'
import { refusalOf } from '../../talk/answering.ts'
import { messagesOf } from '../../talk/history.ts'

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
