import { filled } from '../../documents/answer.ts'
import { defineNode } from '../../node/define.ts'
import type { SourceDocument } from '../../node/events.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever, SearchOptions } from '../../node/instances.ts'

const variants =
  'Word the question below in {queryCount} other ways, so that a search by meaning finds more. ' +
  'Answer with the questions alone, one a line.\n\nQuestion: {question}'

/** Asks a vector store under several wordings of the question. */
export const multiQueryRetriever = defineNode({
  name: 'multiQueryRetriever',
  label: 'Multi Query Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Searches under several wordings of a question.',
  inputs: {
    vectorStore: anchor('vectorStore'),
    model: anchor('chatModel'),
    modelPrompt: text({ default: variants }),
    queryCount: number({ default: 3 }),
  },
  build: async ({ vectorStore, model, modelPrompt, queryCount }, context): Promise<Retriever> => ({
    kind: 'retriever',
    search: async (query, options) => {
      const count = String(queryCount)
      const content = filled(modelPrompt, { question: query, queryCount: count })
      const { signal } = context
      const { text: said } = await model.ask({ messages: [{ role: 'user', content }], signal })
      const lines = said.split('\n').map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s*/, ''))
      const worded = lines.filter((line) => line.trim() !== '').slice(0, queryCount)
      return together([query, ...worded], (line) => vectorStore.search(line, options))
    },
  }),
})

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

/** What several searches find, each document once. */
async function together(
  queries: readonly string[],
  search: (query: string) => Promise<readonly SourceDocument[]>,
): Promise<SourceDocument[]> {
  const found = (await Promise.all(queries.map(search))).flat()
  const known = new Map(found.map((document) => [document.pageContent, document]))
  return [...known.values()].map(({ pageContent, metadata }) => ({ pageContent, metadata }))
}
