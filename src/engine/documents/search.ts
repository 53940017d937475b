import type { SourceDocument } from '../node/events.ts'
import type { Retriever, SearchOptions, VectorStore } from '../node/instances.ts'
import type { ChunkQuery, FoundChunk } from '../node/ports.ts'
import { embedText, fillStore } from './fill.ts'
import { pickDiverse } from './mmr.ts'
import type { StoreSpec } from './store.ts'

interface World {
  readonly signal: AbortSignal
}

export function retrieverOf(spec: StoreSpec, world: World): Retriever {
  return {
    kind: 'retriever',
    ...(spec.model === undefined ? {} : { model: spec.model }),
    search: async (query, options) => (await find(spec, world, { query, options })).map(documentOf),
  }
}

export function vectorStoreOf(spec: StoreSpec, world: World): VectorStore {
  return {
    kind: 'vectorStore',
    search: async (query, options) => {
      const found = await find(spec, world, { query, options })
      return found.map((chunk) => ({ ...documentOf(chunk), score: chunk.score }))
    },
    add: async (documents, signal = world.signal) => {
      const loaded = documents.map((document) => ({ ...document, origin: null }))
      await fillStore(once(loaded), spec, { signal, emit: () => undefined })
    },
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value
}

interface Search {
  readonly query: string
  readonly options: SearchOptions | undefined
}

async function find(
  spec: StoreSpec,
  { signal: own }: World,
  { query, options = {} }: Search,
): Promise<readonly FoundChunk[]> {
  const { store, embedder, diversity, minScore } = spec
  const signal = options.signal ?? own
  const count = Math.max(1, Math.min(options.topK ?? spec.topK, 1000))
  const filter = { ...spec.filter, ...options.filter }
  const wanted: ChunkQuery = {
    model: embedder.modelName,
    vector: await embedText(query, embedder, signal),
    limit: diversity === undefined ? count : Math.max(count, diversity.fetchK),
    withVectors: diversity !== undefined,
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
  }
  const found = await store.search(wanted, signal)
  const near = found.filter(({ score }) => score >= minScore)
  if (diversity === undefined) return near
  return pickDiverse(near, { count, lambda: diversity.lambda })
}

function documentOf({ content, metadata }: FoundChunk): SourceDocument {
  return { pageContent: content, metadata }
}
