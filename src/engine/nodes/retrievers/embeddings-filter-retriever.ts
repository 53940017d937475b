import { cosine } from '../../documents/cosine.ts'
import { chosenOutput } from '../../documents/found.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'

/** Leaves out documents whose meaning is not near enough to the question's. */
export const embeddingsFilterRetriever = defineNode({
  name: 'embeddingsFilterRetriever',
  label: 'Embeddings Filter Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Drops documents that have little to do with a question.',
  inputs: {
    baseRetriever: anchor('retriever'),
    embeddings: anchor('embedder'),
    query: text({ acceptVariable: true }),
    similarityThreshold: number({ default: 0.8 }),
    k: number({ default: 20 }),
  },
  build: async ({ baseRetriever, embeddings, query, similarityThreshold, k }, context) => {
    const retriever: Retriever = {
      ...baseRetriever,
      search: async (question, options) => {
        const found = await baseRetriever.search(question, options)
        if (found.length === 0) return []
        const texts = [question, ...found.map(({ pageContent }) => pageContent)]
        const [asked = [], ...vectors] = await embeddings.embed(texts, options?.signal)
        const near = found.map((document, at) => ({
          document,
          score: cosine(asked, vectors[at] ?? []),
        }))
        const best = near.toSorted((a, b) => b.score - a.score).slice(0, k)
        const kept = best.filter(({ score }) => score > similarityThreshold)
        return kept.map(({ document }) => document)
      },
    }
    return chosenOutput(retriever, query, context)
  },
})
