import type { Ports } from '../../src/engine/node/ports.ts'
import { keepsNothing, type Drawn } from './harness.ts'

/** How often each of the words stands in a text, and a 1, so that no vector is nothing. */
function vectorOf(text: string, words: readonly string[]): number[] {
  const said = text.toLowerCase()
  const counts = words.map((word) => said.split(word).length - 1)
  const length = Math.hypot(...counts, 0.1)
  return [...counts, 0.1].map((count) => count / length)
}

/**
 * A world in which every vector store holds these texts, and texts are alike that have words in
 * common; answers what was looked for, too.
 */
export function library(texts: readonly string[], words: readonly string[]) {
  const searches: string[] = []
  const embedLocally: Ports['embedLocally'] = async (queries) => {
    searches.push(...queries)
    return queries.map((query) => vectorOf(query, words))
  }
  const vectors: Ports['vectors'] = {
    open: keepsNothing,
    search: async (_place, { vector, limit }) =>
      texts
        .map((content, at) => {
          const own = vectorOf(content, words)
          const score = own.reduce((sum, value, index) => sum + value * (vector[index] ?? 0), 0)
          return { content, metadata: { at }, score, vector: own }
        })
        .sort((a, b) => b.score - a.score)
        .slice(0, limit),
  }
  return { ports: { embedLocally, vectors }, searches }
}

export const instance = (id: string) => `{{${id}.data.instance}}`

export const embeddings: Drawn = {
  id: 'embeddings',
  name: 'localEmbeddings',
  category: 'Embeddings',
}

/** A vector store, as itself or as the retriever of it. */
export const store = (output: 'vectorStore' | 'retriever', inputs = {}, id = 'store'): Drawn => ({
  id,
  name: 'memoryVectorStore',
  category: 'Vector Stores',
  output,
  inputs: { embeddings: instance('embeddings'), ...inputs },
})
