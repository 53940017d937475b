import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Database } from '../db/database.ts'
import type { ChunkCounts, ChunkWriter, Cleanup, WrittenChunk } from '../engine/node/ports.ts'
import { claimSpace, undoBatch, type Claim, type Claiming } from './claim.ts'
import { refuseOther, type Space } from './space.ts'
import { unit } from './unit.ts'

interface Writing extends Claiming {
  readonly database: Database
  readonly open: () => SqlEntityManager
  readonly signal: AbortSignal
  /** Called with what keeps the chunks of a failed upsert from being taken back. */
  readonly onLeftover: (error: unknown) => void
  /** Called once new chunks are found. */
  readonly onGrown: (space: Space) => void
}

type NewChunk = WrittenChunk & { readonly vector: readonly number[] }

/** Small enough that writing them down does not hold up others. */
const rowsAtOnce = 50

/**
 * Begins an upsert into the table of vectors. Its chunks are written in transactions of their own,
 * under the id of a batch that searches leave out; the last transaction strikes that id off the list
 * of batches under way, and removes what the new chunks replace. So no transaction waits for a
 * provider, nothing is found of an upsert that fails, and what a killed server left is known by its
 * batch.
 */
export async function openWriter(writing: Writing): Promise<ChunkWriter> {
  const claim = await claimSpace(writing.open, writing, writing.signal)
  const story = newStory(claim)
  return {
    known: (hashes) => knownOf(writing.open(), claim, hashes),
    add: (chunks) => addChunks({ ...writing, claim, story }, chunks),
    commit: async (cleanup) => {
      const counts = await writing
        .open()
        .transactional((em) => commit(em, { claim, story }, cleanup))
      writing.onGrown({ ...claim.space, dimensions: story.dimensions })
      return counts
    },
    discard: async () => {
      await writing
        .open()
        .transactional((em) => undoBatch(em, claim))
        .catch(writing.onLeftover)
    },
  }
}

/** What an upsert has done so far. */
interface Story {
  dimensions: number
  /** By source. */
  readonly added: Map<string | null, number>
  /** Hashes of chunks that were there already. */
  readonly kept: string[]
  readonly keptSources: Set<string | null>
  /** Hash to new metadata, of those whose metadata differs. */
  readonly relabelled: Map<string, unknown>
}

function newStory({ space }: Claim): Story {
  const { dimensions } = space
  return { dimensions, added: new Map(), kept: [], keptSources: new Set(), relabelled: new Map() }
}

async function knownOf(
  em: SqlEntityManager,
  { space, batchId }: Claim,
  hashes: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await em.execute<{ hash: string }[]>(
    `select hash from vector_chunk
     where space_id = ? and batch_id <> ?
       and hash in (select jsonb_array_elements_text(?::jsonb))`,
    [space.id, batchId, JSON.stringify(hashes)],
  )
  return new Set(rows.map(({ hash }) => hash))
}

interface Adding extends Writing {
  readonly claim: Claim
  readonly story: Story
}

async function addChunks(adding: Adding, chunks: readonly WrittenChunk[]): Promise<void> {
  const { claim, story, open } = adding
  const fresh = chunks.filter((chunk): chunk is NewChunk => chunk.vector !== undefined)
  const known = chunks.filter(({ vector }) => vector === undefined)
  const relabelled = await open().transactional(async (em) => {
    await beat(em, claim)
    await takeDimensions(em, adding, fresh)
    return differing(em, claim, known)
  })
  for (let from = 0; from < fresh.length; from += rowsAtOnce) {
    const rows = fresh.slice(from, from + rowsAtOnce)
    await insert(adding, rows)
    for (const { source } of rows) story.added.set(source, (story.added.get(source) ?? 0) + 1)
  }
  for (const { hash, metadata } of relabelled) story.relabelled.set(hash, metadata)
  for (const { hash, source } of known) {
    story.kept.push(hash)
    story.keptSources.add(source)
  }
}

/** Says that the upsert is alive. Throws CONFLICT when it was given up for dead. */
async function beat(em: SqlEntityManager, { batchId }: Claim): Promise<void> {
  const rows = await em.execute<unknown[]>(
    'update vector_batch set heartbeat = now() where id = ? returning id',
    [batchId],
  )
  if (rows.length === 0) throw conflict()
}

async function takeDimensions(
  em: SqlEntityManager,
  { claim, story, place, model }: Adding,
  fresh: readonly NewChunk[],
): Promise<void> {
  const lengths = new Set(fresh.map(({ vector }) => vector.length))
  const [dimensions] = lengths
  if (dimensions === undefined) return
  if (lengths.size > 1) {
    throw new Failure('UPSTREAM', 'The embeddings node gave vectors of different lengths.')
  }
  if (story.dimensions > 0) {
    refuseOther({ model, dimensions: story.dimensions }, place, { model, dimensions })
    return
  }
  const set = 'update vector_space set dimensions = ? where id = ?'
  await em.execute(set, [dimensions, claim.space.id])
  story.dimensions = dimensions
}

/** Throws CONFLICT, with nothing inserted, when the upsert was given up for dead. */
async function insert(
  { database, open, claim }: Adding,
  chunks: readonly NewChunk[],
): Promise<void> {
  const row = '(?::uuid, ?::text, ?::text, ?::text, ?::jsonb, ?::real[])'
  const [result] = await database.rows<{ added: number }>(
    open(),
    `with alive as (
       update vector_batch set heartbeat = now() where id = ?::uuid
       returning workspace_id, space_id, id as batch_id),
     added as (
       insert into vector_chunk (id, hash, source, content, metadata, embedding,
         workspace_id, space_id, batch_id, created_date)
       select n.*, alive.*, now()
       from (values ${chunks.map(() => row).join(', ')}) as n, alive returning 1)
     select count(*)::int as added from added`,
    [
      claim.batchId,
      ...chunks.flatMap(({ hash, source, content, metadata, vector }) => [
        newId(),
        hash,
        source,
        content,
        JSON.stringify(metadata),
        unit(vector),
      ]),
    ],
  )
  if (result?.added !== chunks.length) throw conflict()
}

async function differing(
  em: SqlEntityManager,
  { space }: Claim,
  known: readonly WrittenChunk[],
): Promise<readonly { readonly hash: string; readonly metadata: unknown }[]> {
  if (known.length === 0) return []
  return em.execute(
    `select n.hash, n.metadata from jsonb_to_recordset(?::jsonb) as n(hash text, metadata jsonb)
     join vector_chunk c on c.space_id = ? and c.hash = n.hash
     where c.metadata is distinct from n.metadata`,
    [JSON.stringify(known.map(({ hash, metadata }) => ({ hash, metadata }))), space.id],
  )
}

interface Ending {
  readonly claim: Claim
  readonly story: Story
}

async function commit(
  em: SqlEntityManager,
  { claim, story }: Ending,
  cleanup: Cleanup,
): Promise<ChunkCounts> {
  const done = await em.execute<unknown[]>('delete from vector_batch where id = ? returning id', [
    claim.batchId,
  ])
  if (done.length === 0) throw conflict()
  const gone = await removeReplaced(em, { claim, story }, cleanup)
  const { space } = claim
  await em.execute(
    `update vector_chunk c set metadata = n.metadata
     from jsonb_to_recordset(?::jsonb) as n(hash text, metadata jsonb)
     where c.space_id = ? and c.hash = n.hash`,
    [
      JSON.stringify([...story.relabelled].map(([hash, metadata]) => ({ hash, metadata }))),
      space.id,
    ],
  )
  await em.execute('update vector_space set updated_date = now() where id = ?', [space.id])
  return countsOf(story, gone)
}

/** How many chunks each source has lost. */
async function removeReplaced(
  em: SqlEntityManager,
  { claim, story }: Ending,
  cleanup: Cleanup,
): Promise<ReadonlyMap<string | null, number>> {
  if (cleanup === 'none') return new Map()
  const sources = new Set([...story.added.keys(), ...story.keptSources])
  sources.delete(null)
  const isTheirs = 'and source in (select jsonb_array_elements_text(?::jsonb))'
  const rows = await em.execute<{ source: string | null }[]>(
    `delete from vector_chunk where space_id = ? and batch_id <> ?
       and hash not in (select jsonb_array_elements_text(?::jsonb))
       ${cleanup === 'sources' ? isTheirs : ''} returning source`,
    [
      claim.space.id,
      claim.batchId,
      JSON.stringify(story.kept),
      ...(cleanup === 'sources' ? [JSON.stringify([...sources])] : []),
    ],
  )
  const gone = new Map<string | null, number>()
  for (const { source } of rows) gone.set(source, (gone.get(source) ?? 0) + 1)
  return gone
}

/** What goes and what comes of the same source is a replacement. */
function countsOf(
  { added, kept, relabelled }: Story,
  gone: ReadonlyMap<string | null, number>,
): ChunkCounts {
  const total = (counts: Iterable<number>): number =>
    [...counts].reduce((sum, value) => sum + value, 0)
  const replaced = total([...gone].map(([source, lost]) => Math.min(lost, added.get(source) ?? 0)))
  return {
    numAdded: total(added.values()) - replaced,
    numUpdated: replaced + relabelled.size,
    numSkipped: kept.length - relabelled.size,
    numDeleted: total(gone.values()) - replaced,
  }
}

function conflict(): Failure {
  return new Failure('CONFLICT', 'Another upsert changed the same namespace; please try again.')
}
