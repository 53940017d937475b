import { chosenOutput, withoutScores } from '../../documents/found.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'

/** A vector store as a retriever that leaves out what is not near enough. */
export const similarityThresholdRetriever = defineNode({
  name: 'similarityThresholdRetriever',
  label: 'Similarity Score Threshold Retriever',
  version: 2,
  category: 'Retrievers',
  description: 'Finds only what is near enough.',
  inputs: {
    vectorStore: anchor('vectorStore'),
    query: text({ acceptVariable: true }),
    minSimilarityScore: number({ default: 80 }),
    maxK: number({ default: 20 }),
  },
  build: async ({ vectorStore, query, minSimilarityScore, maxK }, context) => {
    const retriever: Retriever = {
      kind: 'retriever',
      search: async (wanted, options) => {
        const found = await vectorStore.search(wanted, { topK: maxK, ...options })
        return withoutScores(found.filter(({ score }) => score * 100 >= minSimilarityScore))
      },
    }
    return chosenOutput(retriever, query, context)
  },
})
