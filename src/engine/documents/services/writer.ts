import { Failure } from '../../../core/errors.ts'
import type { Chunk, ChunkCounts, ChunkWriter, Cleanup, WrittenChunk } from '../../node/ports.ts'
import type { ChunkStore, StoreWriter } from '../store.ts'
import { batchesOf, byTwos } from './batches.ts'
import { labelOf, nameOf, versionOf, writeLimits, type Label, type Point } from './points.ts'
import type { Collection, Listed } from './service.ts'

export interface Writing {
  /** Whose chunks an upsert cleans up. */
  readonly owner: string
  /** Waits until no other upsert of the owner is under way there; its writer is kept alive. */
  readonly takeTurn: (signal: AbortSignal) => Promise<ChunkWriter>
}

const atOnce = {
  ids: { count: 50 },
  removals: { count: 250 },
}
/** For taking back what was written, also after an abort. */
const takeBackMs = 60_000

/**
 * A collection of a service as a store. Services know no transactions: what is written is found at
 * once, and what an upsert that fails has written is removed again, as well as that can be done.
 * Older chunks go last, and once the first of them has gone nothing is taken back any more.
 */
export function serviceStore(collection: Collection, writing: Writing): ChunkStore {
  return {
    service: collection.service,
    search: (query, signal) => collection.search(query, signal),
    open: async (how) => {
      const turn = await writing.takeTurn(how.signal)
      const upsert = { ...how, ...writing, collection, story: newStory() }
      return {
        known: (chunks) => knownOf(upsert, chunks),
        add: async (chunks) => {
          await turn.add([])
          await addChunks(upsert, chunks)
        },
        commit: async (cleanup) => {
          const counts = await commit(upsert, cleanup)
          await turn.discard()
          return counts
        },
        discard: async () => {
          await takeBack(upsert)
          await turn.discard()
        },
      }
    },
  }
}

/** What an upsert has done so far. */
interface Story {
  dimensions: number
  /** An older chunk may have gone already. */
  isReplacing: boolean
  /** Ids with their sources. */
  readonly added: Map<string, string>
  readonly kept: Map<string, string>
  /** Those of `kept` whose metadata differs, with the new. */
  readonly relabelled: Map<string, Label>
  /** Sources that have a name. */
  readonly sources: Set<string>
}

interface Upsert extends Writing {
  readonly collection: Collection
  readonly model: string
  readonly signal: AbortSignal
  readonly story: Story
}

function newStory(): Story {
  const [added, kept] = [new Map<string, string>(), new Map<string, string>()]
  const sources = new Set<string>()
  return { dimensions: 0, isReplacing: false, added, kept, relabelled: new Map(), sources }
}

async function knownOf(
  { collection, owner, signal, story }: Upsert,
  chunks: readonly Chunk[],
): ReturnType<StoreWriter['known']> {
  const there = new Set<string>()
  for (const batch of batchesOf(chunks, atOnce.ids)) {
    const named = batch.map((chunk) => [collection.idOf(nameOf(owner, chunk)), chunk] as const)
    const ids = named.map(([id]) => id)
    const versions = await collection.versions(ids, signal)
    for (const [id, chunk] of named) {
      const version = versions.get(id)
      if (version === undefined) continue
      there.add(chunk.hash)
      const isOther = version !== versionOf(chunk.metadata)
      if (isOther) story.relabelled.set(id, labelOf(id, owner, chunk))
    }
  }
  return there
}

async function addChunks(upsert: Upsert, chunks: readonly WrittenChunk[]): Promise<void> {
  const { collection, owner, signal, story } = upsert
  const lengths = chunks.flatMap(({ vector }) => (vector === undefined ? [] : [vector.length]))
  await takeDimensions(upsert, lengths)
  const points = chunks.flatMap(({ vector, ...chunk }): Point[] => {
    const label = labelOf(collection.idOf(nameOf(owner, chunk)), owner, chunk)
    const { source } = label.own
    if (chunk.source !== null) story.sources.add(source)
    // Noted before it is sent: nobody knows what a call that failed has left.
    if (vector === undefined) story.kept.set(label.id, source)
    else story.added.set(label.id, source)
    return vector === undefined ? [] : [{ ...label, content: chunk.content, vector }]
  })
  // One after the other, for meanwhile it is asked which of the next chunks are there.
  for (const batch of batchesOf(points, writeLimits)) await collection.write(batch, signal)
}

async function takeDimensions(
  { collection, model, signal, story }: Upsert,
  lengths: readonly number[],
): Promise<void> {
  const [dimensions] = lengths
  if (dimensions === undefined) return
  const isFirst = story.dimensions === 0
  if (isFirst) story.dimensions = dimensions
  if (lengths.some((length) => length !== story.dimensions)) {
    throw new Failure('UPSTREAM', 'The embeddings node gave vectors of different lengths.')
  }
  if (isFirst) await collection.prepare({ model, dimensions }, signal)
}

async function commit(upsert: Upsert, cleanup: Cleanup): Promise<ChunkCounts> {
  const { collection, signal, story } = upsert
  const labels = story.relabelled.values()
  await byTwos(batchesOf(labels, atOnce.ids), (batch) => collection.relabel(batch, signal))
  const stale = await staleIn(upsert, cleanup)
  story.isReplacing = stale.length > 0
  const ids = stale.map(({ id }) => id)
  await byTwos(batchesOf(ids, atOnce.removals), (batch) => collection.remove(batch, signal))
  return countsOf(story, stale)
}

/** What was not brought again, though it is of a source, or an owner, that was. */
async function staleIn(
  { collection, owner, signal, story }: Upsert,
  cleanup: Cleanup,
): Promise<readonly Listed[]> {
  if (cleanup === 'none') return []
  const whole = cleanup === 'namespace' ? [{ owner }] : undefined
  const listings = whole ?? [...story.sources].map((source) => ({ owner, source }))
  const stale: Listed[] = []
  await byTwos(listings, async (listing) => {
    for await (const page of collection.list(listing, signal)) {
      stale.push(...page.filter(({ id }) => !story.added.has(id) && !story.kept.has(id)))
    }
  })
  return stale
}

/** What goes and what comes of the same source is a replacement. */
function countsOf(
  { added, kept, relabelled }: Story,
  stale: readonly { readonly source: string }[],
): ChunkCounts {
  const come = Map.groupBy(added.values(), (source) => source)
  const gone = Map.groupBy(stale, ({ source }) => source)
  const replaced = [...gone]
    .map(([source, lost]) => Math.min(lost.length, come.get(source)?.length ?? 0))
    .reduce((sum, count) => sum + count, 0)
  return {
    numAdded: added.size - replaced,
    numUpdated: replaced + relabelled.size,
    numSkipped: kept.size - relabelled.size,
    numDeleted: stale.length - replaced,
  }
}

async function takeBack({ collection, story }: Upsert): Promise<void> {
  if (story.isReplacing) return
  const signal = AbortSignal.timeout(takeBackMs)
  await byTwos(batchesOf(story.added.keys(), atOnce.removals), async (batch) => {
    await collection.remove(batch, signal).catch(() => undefined)
  })
}
