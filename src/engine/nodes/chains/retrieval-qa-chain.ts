import { answerFrom, respond } from '../../documents/answer.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, bool } from '../../node/inputs.ts'
import { refusalOf } from '../../talk/answering.ts'

/** Answers from documents, each question on its own. */
export const retrievalQAChain = defineNode({
  name: 'retrievalQAChain',
  label: 'Retrieval QA Chain',
  version: 2,
  category: 'Chains',
  description: 'Answers from documents.',
  inputs: {
    model: anchor('chatModel'),
    vectorStoreRetriever: anchor('retriever'),
    inputModeration: anchors('moderation'),
    returnSourceDocuments: bool({ default: true }),
  },
  run: async (values, context) => {
    const refusal = await refusalOf(values.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const question = context.input.question ?? ''
    return answerFrom(question, { ...values, template: respond, history: [] }, context)
  },
})
