import type { Retriever, VectorStore } from '../node/instances.ts'
import { withoutScores } from './found.ts'

/** A vector store as a retriever. */
export function retrieverOn(store: VectorStore): Retriever {
  return {
    kind: 'retriever',
    search: async (query, options) => withoutScores(await store.search(query, options)),
  }
}
