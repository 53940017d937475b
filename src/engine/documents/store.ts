import type { NodeContext } from '../node/context.ts'
import type { SourceDocument } from '../node/events.ts'
import type {
  ChatModel,
  Documents,
  Embedder,
  LoadedDocument,
  Retriever,
  SearchOptions,
  VectorStore,
} from '../node/instances.ts'
import type { ChunkQuery, FoundChunk, VectorPlace, VectorPort } from '../node/ports.ts'
import type { UpsertResult } from '../node/result.ts'
import { chunksOf } from './chunks.ts'
import { embedChunks, embedText } from './embed.ts'
import { pickDiverse } from './mmr.ts'

/** A store of one node: where its chunks are, and how they are searched. */
export interface StoreSpec {
  readonly place: VectorPlace
  readonly embedder: Embedder
  /** Answers from what the store finds. */
  readonly model?: ChatModel
  readonly topK: number
  readonly filter: Readonly<Record<string, unknown>>
  /** Nearness below which nothing is found. */
  readonly minScore: number
  /** Present: pick what differs, among so many. */
  readonly diversity?: { readonly fetchK: number; readonly lambda: number }
}

type World = Pick<NodeContext, 'ports' | 'signal'>

/** Adds what is not there yet; writes all or nothing. */
export async function fillStore(
  documents: readonly LoadedDocument[],
  { place, embedder }: Pick<StoreSpec, 'place' | 'embedder'>,
  { ports, signal }: World,
): Promise<UpsertResult> {
  const chunks = chunksOf(documents)
  const model = embedder.modelName
  const hashes = chunks.map(({ hash }) => hash)
  const known = await ports.vectors.known(place, { model, hashes })
  const embedded = await embedChunks(chunks, known, { embedder, signal })
  signal.throwIfAborted()
  const counts = await ports.vectors.save(place, { model, chunks: embedded })
  return {
    ...counts,
    numSkipped: counts.numSkipped + documents.length - chunks.length,
    addedDocs: chunks
      .filter(({ hash }) => !known.has(hash))
      .map(({ content, metadata }) => ({ pageContent: content, metadata })),
  }
}

/** Every document of the loaders, one loader after the other. */
export async function loadAll(loaders: readonly Documents[]): Promise<LoadedDocument[]> {
  const loaded: LoadedDocument[] = []
  for (const loader of loaders) for (const document of await loader.load()) loaded.push(document)
  return loaded
}

/** A store that is filled from its own loaders when a search finds it empty. */
export function selfFilling(
  spec: StoreSpec,
  loaders: readonly Documents[],
  { ports, signal }: World,
): World {
  if (loaders.length === 0) return { ports, signal }
  let filling: Promise<unknown> | undefined
  const fill = async () => fillStore(await loadAll(loaders), spec, { ports, signal })
  const search: VectorPort['search'] = async (place, query) => {
    const found = await ports.vectors.search(place, query)
    if (found.length > 0 || filling !== undefined) return found
    await (filling = fill())
    return ports.vectors.search(place, query)
  }
  return { ports: { ...ports, vectors: { ...ports.vectors, search } }, signal }
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
      await fillStore(loaded, spec, { ...world, signal })
    },
  }
}

interface Search {
  readonly query: string
  readonly options: SearchOptions | undefined
}

async function find(
  spec: StoreSpec,
  { ports, signal: own }: World,
  { query, options = {} }: Search,
): Promise<readonly FoundChunk[]> {
  const { embedder, diversity, minScore } = spec
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
  const found = await ports.vectors.search(spec.place, wanted)
  const near = found.filter(({ score }) => score >= minScore)
  if (diversity === undefined) return near
  return pickDiverse(near, { count, lambda: diversity.lambda })
}

function documentOf({ content, metadata }: FoundChunk): SourceDocument {
  return { pageContent: content, metadata }
}
