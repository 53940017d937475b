import { defineNode } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever, SearchOptions } from '../../node/instances.ts'

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
  build: async (inputs, { node, input }) => {
    const { vectorStore, minSimilarityScore, maxK } = inputs
    const search = async (query: string, options?: SearchOptions) => {
      const found = await vectorStore.search(query, { topK: maxK, ...options })
      const near = found.filter(({ score }) => score * 100 >= minSimilarityScore)
      return near.map(({ pageContent, metadata }) => ({ pageContent, metadata }))
    }
    if (node.output !== 'text') return { kind: 'retriever', search } satisfies Retriever
    const found = await search(inputs.query || (input.question ?? ''))
    return found.map(({ pageContent }) => pageContent).join('\n')
  },
})
