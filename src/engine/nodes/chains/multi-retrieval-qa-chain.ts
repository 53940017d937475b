import { answerFrom, respond } from '../../documents/answer.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, bool } from '../../node/inputs.ts'
import { askAloud, refusalOf } from '../../talk/answering.ts'
import { choose } from '../../talk/choose.ts'

/** Answers from the documents that fit the question best; from none where none fit. */
export const multiRetrievalQAChain = defineNode({
  name: 'multiRetrievalQAChain',
  label: 'Multi Retrieval QA Chain',
  version: 2,
  category: 'Chains',
  description: 'Chooses the vector store that fits a question, and answers from it.',
  inputs: {
    model: anchor('chatModel'),
    vectorStoreRetriever: anchors('retrieverChoice'),
    returnSourceDocuments: bool({ default: false }),
    inputModeration: anchors('moderation'),
  },
  run: async (inputs, context) => {
    const refusal = await refusalOf(inputs.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const { model, returnSourceDocuments } = inputs
    const { signal, input } = context
    const { choice, question } = await choose(input.question ?? '', inputs.vectorStoreRetriever, {
      model,
      signal,
    })
    if (choice === undefined) {
      const { text } = await askAloud(model, [{ role: 'user', content: question }], context)
      return { text }
    }
    const vectorStoreRetriever = choice.retriever
    const asking = { model, vectorStoreRetriever, returnSourceDocuments }
    return answerFrom(question, { ...asking, template: respond, history: [] }, context)
  },
})
