import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { number, type Input } from '../../node/inputs.ts'
import type { Cache } from '../../node/instances.ts'

interface CacheRow {
  readonly name: string
  readonly label: string
  /** Milliseconds for which an answer is remembered. */
  readonly inputs?: { readonly ttl?: Input<number | undefined> }
}

const rows: readonly CacheRow[] = [
  { name: 'inMemoryCache', label: 'InMemory Cache' },
  { name: 'redisCache', label: 'Redis Cache', inputs: { ttl: number() } },
  { name: 'upstashRedisCache', label: 'Upstash Redis Cache' },
  { name: 'momentoCache', label: 'Momento Cache' },
]

const hourMs = 3_600_000

/** Remember what a chat model answered, whatever service a flow was drawn for. */
export const answerCaches: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf({ name, label, inputs = {} }: CacheRow): NodeDefinition {
  return defineNode({
    name,
    label,
    version: 1,
    category: 'Cache',
    description:
      'Remembers answers of a chat model in the memory of this server, an hour where nothing else ' +
      'is said; no other service is asked.',
    inputs,
    build: async ({ ttl }): Promise<Cache> => ({ kind: 'cache', ttlMs: ttl || hourMs }),
  })
}
