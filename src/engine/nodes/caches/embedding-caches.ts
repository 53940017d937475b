import { rememberingEmbedder } from '../../model/remember.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { anchor, number, text, type Input } from '../../node/inputs.ts'

interface CacheRow {
  readonly name: string
  readonly label: string
  /** In seconds: canvases call them milliseconds, but that is how they were always read. */
  readonly inputs?: { readonly ttl?: Input<number> }
}

const hour = 3600

const rows: readonly CacheRow[] = [
  { name: 'inMemoryEmbeddingCache', label: 'InMemory Embedding Cache' },
  {
    name: 'redisEmbeddingsCache',
    label: 'Redis Embeddings Cache',
    inputs: { ttl: number({ default: hour }) },
  },
]

/** Stand between embeddings and who uses them, and remember vectors. */
export const embeddingCaches: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf({ name, label, inputs = {} }: CacheRow): NodeDefinition {
  return defineNode({
    name,
    label,
    version: 1,
    category: 'Cache',
    description:
      'Remembers vectors of texts in the memory of this server, an hour where nothing else is ' +
      'said; no other service is asked.',
    inputs: {
      embeddings: anchor('embedder'),
      namespace: text(),
      ...inputs,
    },
    build: async ({ embeddings, namespace, ttl }, context) => {
      const ttlMs = 1000 * (ttl || hour)
      return rememberingEmbedder(embeddings, { ttlMs, namespace }, context)
    },
  })
}
