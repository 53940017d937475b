import type { ChatModel, Embedder } from '../node/instances.ts'
import type {
  ChunkQuery,
  ChunkWriter,
  Cleanup,
  FoundChunk,
  VectorPlace,
  VectorPort,
} from '../node/ports.ts'

/** Where the chunks of a node are: in the server's own database, or with a service. */
export interface ChunkStore {
  /** What people call it; an upsert says where it went. */
  readonly service: string
  /** As `VectorPort.open`. */
  open(how: { readonly model: string; readonly signal: AbortSignal }): Promise<ChunkWriter>
  /** As `VectorPort.search`. */
  search(query: ChunkQuery, signal: AbortSignal): Promise<readonly FoundChunk[]>
}

/** A store as one node uses it. */
export interface StoreSpec {
  readonly store: ChunkStore
  readonly embedder: Embedder
  /** Answers from what the store finds. */
  readonly model?: ChatModel
  readonly topK: number
  readonly filter: Readonly<Record<string, unknown>>
  /** Nearness below which nothing is found. */
  readonly minScore: number
  /** Present: pick what differs, among so many. */
  readonly diversity?: { readonly fetchK: number; readonly lambda: number }
  readonly cleanup: Cleanup
  /** Metadata that says which source a chunk belongs to; else the file or address it came from. */
  readonly sourceIdKey?: string
}

/** A store in which a conversation finds its own chunks as well; it is the latter that are filled. */
export function withChat(everybodys: ChunkStore, own: ChunkStore, isFilled: boolean): ChunkStore {
  return {
    service: isFilled ? own.service : everybodys.service,
    open: (how) => (isFilled ? own : everybodys).open(how),
    search: async (query, signal) => {
      const found = await Promise.all([everybodys.search(query, signal), own.search(query, signal)])
      return found
        .flat()
        .sort((a, b) => b.score - a.score)
        .slice(0, query.limit)
    },
  }
}

/** The server's own store. */
export function ownStore(vectors: VectorPort, place: VectorPlace): ChunkStore {
  return {
    service: 'this server',
    open: (how) => vectors.open(place, how),
    search: (query) => vectors.search(place, query),
  }
}
