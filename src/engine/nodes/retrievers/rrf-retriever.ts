import { chosenOutput } from '../../documents/found.ts'
import { wordingsOf } from '../../documents/wordings.ts'
import { defineNode } from '../../node/define.ts'
import type { SourceDocument } from '../../node/events.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'

/** Searches under several wordings; what stands high in several lists comes first. */
export const rrfRetriever = defineNode({
  name: 'RRFRetriever',
  label: 'Reciprocal Rank Fusion Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Searches under several wordings of a question, and joins what they find by rank.',
  inputs: {
    baseRetriever: anchor('retriever'),
    model: anchor('chatModel'),
    query: text({ acceptVariable: true }),
    queryCount: number({ default: 4 }),
    topK: number(),
    c: number({ default: 60 }),
  },
  build: async ({ baseRetriever, model, query, queryCount, topK, c }, context) => {
    const retriever: Retriever = {
      ...baseRetriever,
      search: async (question, { topK: wanted = topK, ...options } = {}) => {
        const { signal = context.signal } = options
        const own = await baseRetriever.search(question, options)
        if (own.length === 0) return []
        const prompt =
          `Write ${queryCount} other queries for a search, related to the one below. Answer with ` +
          `the queries alone, one a line.\n\nQuery: ${question}`
        const wordings = await wordingsOf(prompt, queryCount, { model, signal })
        const more = wordings.map((wording) => baseRetriever.search(wording, options))
        return fused([own, ...(await Promise.all(more))], c).slice(0, wanted || own.length)
      },
    }
    return chosenOutput(retriever, query, context)
  },
})

/** Each document once, by the sum of what its ranks are worth (Cormack et al., 2009). */
function fused(lists: readonly (readonly SourceDocument[])[], c: number): SourceDocument[] {
  const worth = new Map<string, { readonly document: SourceDocument; readonly score: number }>()
  for (const list of lists) {
    for (const [at, document] of list.entries()) {
      const before = worth.get(document.pageContent)?.score ?? 0
      worth.set(document.pageContent, { document, score: before + 1 / (at + 1 + c) })
    }
  }
  const best = [...worth.values()].sort((a, b) => b.score - a.score)
  return best.map(({ document: { pageContent, metadata }, score }) => ({
    pageContent,
    metadata: { ...metadata, relevancy_score: score },
  }))
}
