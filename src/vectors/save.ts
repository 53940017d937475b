import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { ChunkBatch, ChunkCounts, VectorPlace } from '../engine/node/ports.ts'
import { lockSpace, refuseOther, type Space } from './space.ts'
import { unit } from './unit.ts'

interface Saving {
  readonly workspaceId: string
  readonly place: VectorPlace
  readonly batch: ChunkBatch
}

interface Saved {
  readonly counts: ChunkCounts
  readonly space: Space
  /** Chunks in the space now. */
  readonly size: number
}

type NewChunk = ChunkBatch['chunks'][number] & { readonly vector: readonly number[] }

/** Small enough that writing them down does not hold up others. */
const rowsAtOnce = 50

/**
 * Brings a space to what the batch says, within the caller's transaction: new chunks come, those of
 * the same sources that are no longer there go. Throws UNPROCESSABLE for another model, CONFLICT when
 * the space has lost chunks since the batch was made.
 */
export async function saveChunks(em: SqlEntityManager, saving: Saving): Promise<Saved> {
  const { batch } = saving
  const space = await takeSpace(em, saving)
  const fresh = batch.chunks.filter((chunk): chunk is NewChunk => chunk.vector !== undefined)
  await requireKnown(em, space, batch)
  const gone = await deleteStale(em, space, batch)
  const relabelled = await updateMetadata(em, space, batch)
  const added = new Map<string | null, number>()
  for (let from = 0; from < fresh.length; from += rowsAtOnce) {
    const rows = fresh.slice(from, from + rowsAtOnce)
    for (const source of await insert(em, { ...saving, space }, rows)) {
      added.set(source, (added.get(source) ?? 0) + 1)
    }
  }
  await em.execute('update vector_space set updated_date = now() where id = ?', [space.id])
  const counts = count(batch, { gone, added, relabelled })
  return { counts, space, size: space.size + counts.numAdded - counts.numDeleted }
}

/** The space, locked; made anew where there is none, or an empty one of another model. */
async function takeSpace(em: SqlEntityManager, { workspaceId, place, batch }: Saving) {
  const dimensions = dimensionsOf(batch)
  const found = await lockSpace(em, place)
  const wanted = { model: batch.model, ...(dimensions === undefined ? {} : { dimensions }) }
  if (found !== undefined && found.size > 0) {
    refuseOther(found, place, wanted)
    return found
  }
  // An index made for other dimensions would refuse new ones; a new id has none.
  if (found !== undefined) await em.execute('delete from vector_space where id = ?', [found.id])
  await em.execute(
    `insert into vector_space
       (id, workspace_id, chatflowid, namespace, model, dimensions, created_date, updated_date)
     values (?, ?, ?, ?, ?, ?, now(), now()) on conflict do nothing`,
    [newId(), workspaceId, place.flowId, place.namespace, batch.model, dimensions ?? 0],
  )
  const space = await lockSpace(em, place)
  if (space === undefined) throw conflict()
  refuseOther(space, place, wanted)
  return space
}

function dimensionsOf({ chunks }: ChunkBatch): number | undefined {
  const lengths = new Set(chunks.flatMap(({ vector }) => (vector ? [vector.length] : [])))
  if (lengths.size > 1 || lengths.has(0)) {
    throw new Failure('UPSTREAM', 'The embeddings node gave vectors of different lengths.')
  }
  const [length] = lengths
  return length
}

async function requireKnown(em: SqlEntityManager, space: Space, { chunks }: ChunkBatch) {
  const known = chunks.filter(({ vector }) => vector === undefined).map(({ hash }) => hash)
  if (known.length === 0) return
  const [row] = await em.execute<{ found: number }[]>(
    `select count(*)::int as found from vector_chunk
     where space_id = ? and hash in (select jsonb_array_elements_text(?::jsonb))`,
    [space.id, JSON.stringify(known)],
  )
  if (row?.found !== known.length) throw conflict()
}

/** How many chunks each source has lost. */
async function deleteStale(
  em: SqlEntityManager,
  space: Space,
  { chunks }: ChunkBatch,
): Promise<Map<string | null, number>> {
  const sources = new Set(chunks.flatMap(({ source }) => (source === null ? [] : [source])))
  const rows = await em.execute<{ source: string }[]>(
    `delete from vector_chunk where space_id = ?
       and source in (select jsonb_array_elements_text(?::jsonb))
       and hash not in (select jsonb_array_elements_text(?::jsonb))
     returning source`,
    [space.id, JSON.stringify([...sources]), JSON.stringify(chunks.map(({ hash }) => hash))],
  )
  const gone = new Map<string | null, number>()
  for (const { source } of rows) gone.set(source, (gone.get(source) ?? 0) + 1)
  return gone
}

async function updateMetadata(em: SqlEntityManager, space: Space, { chunks }: ChunkBatch) {
  const known = chunks.filter(({ vector }) => vector === undefined)
  const rows = await em.execute<unknown[]>(
    `update vector_chunk c set metadata = n.metadata
     from jsonb_to_recordset(?::jsonb) as n(hash text, metadata jsonb)
     where c.space_id = ? and c.hash = n.hash and c.metadata is distinct from n.metadata
     returning c.id`,
    [JSON.stringify(known.map(({ hash, metadata }) => ({ hash, metadata }))), space.id],
  )
  return rows.length
}

/** The sources of the rows that are new: another upsert may have brought some of them. */
async function insert(
  em: SqlEntityManager,
  { workspaceId, space }: Saving & { readonly space: Space },
  chunks: readonly NewChunk[],
): Promise<(string | null)[]> {
  const rows = chunks.map(({ vector, ...chunk }) => ({
    ...chunk,
    id: newId(),
    embedding: `{${unit(vector).map(asReal).join(',')}}`,
  }))
  const inserted = await em.execute<{ source: string | null }[]>(
    `insert into vector_chunk
       (id, workspace_id, space_id, hash, source, content, metadata, embedding, created_date)
     select n.id, ?, ?, n.hash, n.source, n.content, n.metadata, n.embedding::real[], now()
     from jsonb_to_recordset(?::jsonb) as n(id uuid, hash text, source text, content text,
       metadata jsonb, embedding text)
     on conflict (space_id, hash) do nothing returning source`,
    [workspaceId, space.id, JSON.stringify(rows)],
  )
  return inserted.map(({ source }) => source)
}

/** As many digits as a real keeps. */
function asReal(value: number): string {
  return value.toPrecision(8)
}

interface Changes {
  readonly gone: ReadonlyMap<string | null, number>
  readonly added: ReadonlyMap<string | null, number>
  readonly relabelled: number
}

/** What goes and what comes of the same source is a replacement. */
function count({ chunks }: ChunkBatch, { gone, added, relabelled }: Changes): ChunkCounts {
  const total = (counts: ReadonlyMap<unknown, number>): number =>
    [...counts.values()].reduce((sum, value) => sum + value, 0)
  const replaced = [...gone].map(([source, lost]) => Math.min(lost, added.get(source) ?? 0))
  const numReplaced = replaced.reduce((sum, value) => sum + value, 0)
  return {
    numAdded: total(added) - numReplaced,
    numUpdated: numReplaced + relabelled,
    numSkipped: chunks.length - total(added) - relabelled,
    numDeleted: total(gone) - numReplaced,
  }
}

function conflict(): Failure {
  return new Failure('CONFLICT', 'Another upsert changed the same namespace; please try again.')
}
