import type { Retriever, VectorStore } from '../node/instances.ts'

/** A vector store as a retriever. */
export function retrieverOn(store: VectorStore): Retriever {
  return {
    kind: 'retriever',
    search: async (query, options) => {
      const found = await store.search(query, options)
      return found.map(({ pageContent, metadata }) => ({ pageContent, metadata }))
    },
  }
}
