import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import type { SourceDocument } from '../node/events.ts'
import type { Documents, Embedder, LoadedDocument } from '../node/instances.ts'
import type { Chunk, ChunkCounts, WrittenChunk } from '../node/ports.ts'
import type { UpsertResult } from '../node/result.ts'
import { chunksOf } from './chunks.ts'
import { ahead } from './gather.ts'
import type { ChunkStore, StoreSpec, StoreWriter } from './store.ts'

type World = Pick<NodeContext, 'signal' | 'emit'>
type Filled = Pick<StoreSpec, 'store' | 'embedder' | 'cleanup' | 'sourceIdKey'>

/** What an upsert shows of what it added: the first chunks, up to so many characters. */
const shownCharacters = 1_000_000

/**
 * Brings documents into a store: all of them, or none. They are read, embedded and written some at
 * a time, so that nothing grows with their number; what is there already is not embedded again.
 * Tells its progress as events.
 */
export async function fillStore(
  documents: AsyncIterable<readonly LoadedDocument[]>,
  filled: Filled,
  world: World,
): Promise<UpsertResult> {
  const { store, embedder, cleanup } = filled
  const { signal, emit } = world
  const writer = await store.open({ model: embedder.modelName, signal })
  try {
    const tally = createTally()
    for await (const batch of ahead(embedded(documents, { ...filled, writer, tally, signal }))) {
      await writer.add(batch)
      tally.add(batch)
      emit({ event: 'upsertProgress', data: tally.progress() })
      signal.throwIfAborted()
    }
    const counts = await writer.commit(cleanup)
    return tally.result(counts, store)
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** Everything that the loaders load, one after the other. */
export async function* loadAll(
  loaders: readonly Documents[],
): AsyncGenerator<readonly LoadedDocument[]> {
  for (const loader of loaders) yield* loader.load()
}

/** A store that is filled from its own loaders when a search finds nothing. */
export function selfFilling(
  spec: Filled,
  loaders: readonly Documents[],
  { signal }: World,
): ChunkStore {
  const { store } = spec
  if (loaders.length === 0) return store
  let filling: Promise<unknown> | undefined
  return {
    ...store,
    async search(query, within) {
      const found = await store.search(query, within)
      if (found.length > 0 || filling !== undefined) return found
      filling = fillStore(loadAll(loaders), spec, { signal, emit: () => undefined })
      await filling
      return store.search(query, within)
    },
  }
}

interface Embedding {
  readonly embedder: Embedder
  readonly writer: StoreWriter
  readonly tally: Tally
  readonly signal: AbortSignal
  readonly sourceIdKey?: string
}

/** The chunks of documents, each text of a source once, with vectors where they are new. */
async function* embedded(
  documents: AsyncIterable<readonly LoadedDocument[]>,
  { embedder, writer, tally, signal, sourceIdKey }: Embedding,
): AsyncGenerator<readonly WrittenChunk[]> {
  for await (const batch of documents) {
    signal.throwIfAborted()
    const chunks = tally.unseen(chunksOf(batch, sourceIdKey), batch.length)
    const known = await writer.known(chunks)
    const fresh = chunks.filter(({ hash }) => !known.has(hash))
    const texts = fresh.map(({ content }) => content)
    const vectors = texts.length === 0 ? [] : await embedder.embed(texts, signal)
    const made = new Map(fresh.map(({ hash }, at) => [hash, needVector(vectors[at])]))
    yield chunks.map((chunk) => {
      const vector = made.get(chunk.hash)
      return vector === undefined ? chunk : { ...chunk, vector }
    })
  }
}

/** The vector of one text. @throws Failure UPSTREAM or TIMEOUT. */
export async function embedText(
  text: string,
  embedder: Embedder,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const [vector] = await embedder.embed([text], signal)
  return needVector(vector)
}

/** As many as pgvector takes; known models give some thousand. */
const mostDimensions = 16_000

function needVector(vector: readonly number[] | undefined): readonly number[] {
  if (vector === undefined || vector.length === 0) {
    throw new Failure('UPSTREAM', 'The embeddings node gave no vector for a text.')
  }
  if (vector.length <= mostDimensions) return vector
  const sentence =
    `The embeddings node gave a vector of ${vector.length} dimensions; ` +
    `at most ${mostDimensions} can be kept.`
  throw new Failure('UPSTREAM', sentence)
}

type Tally = ReturnType<typeof createTally>

/** Counts what goes through. */
function createTally() {
  const seen = new Set<string>()
  const shown: SourceDocument[] = []
  let [loaded, written, added, characters] = [0, 0, 0, 0]
  return {
    unseen(chunks: readonly Chunk[], count: number): readonly Chunk[] {
      loaded += count
      return chunks.filter(({ hash }) => {
        // Half a digest tells them apart as well, and there may be hundreds of thousands.
        const mark = hash.slice(0, 32)
        return !seen.has(mark) && seen.add(mark)
      })
    },
    add(chunks: readonly WrittenChunk[]): void {
      written += chunks.length
      for (const { vector, content, metadata } of chunks) {
        if (vector === undefined) continue
        added += 1
        characters += content.length
        if (characters <= shownCharacters) shown.push({ pageContent: content, metadata })
      }
    },
    progress: () => ({ loaded, added, skipped: written - added }),
    result(counts: ChunkCounts, { service }: ChunkStore) {
      // The same text of a source twice is one chunk, and a skipped one.
      const numSkipped = counts.numSkipped + loaded - written
      return { ...counts, numSkipped, addedDocs: shown, store: service }
    },
  }
}
