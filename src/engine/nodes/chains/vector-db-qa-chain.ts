import { answerFrom, respond } from '../../documents/answer.ts'
import { retrieverOn } from '../../documents/retriever-on.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors } from '../../node/inputs.ts'
import { refusalOf } from '../../talk/answering.ts'

export const vectorDBQAChain = defineNode({
  name: 'vectorDBQAChain',
  label: 'VectorDB QA Chain',
  version: 2,
  category: 'Chains',
  description: 'Answers from a vector store.',
  inputs: {
    model: anchor('chatModel'),
    vectorStore: anchor('vectorStore'),
    inputModeration: anchors('moderation'),
  },
  run: async ({ model, vectorStore, inputModeration }, context) => {
    const refusal = await refusalOf(inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const asking = { model, vectorStoreRetriever: retrieverOn(vectorStore) }
    const how = { ...asking, template: respond, history: [], returnSourceDocuments: false }
    return answerFrom(context.input.question ?? '', how, context)
  },
})
