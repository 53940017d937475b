import { setImmediate as turn } from 'node:timers/promises'
import type { FoundChunk } from '../engine/node/ports.ts'
import type { Slab } from './slabs.ts'
import type { Place, Sought } from './space.ts'

interface Candidate {
  readonly id: string
  readonly score: number
  readonly vector: Float32Array
}

/** Compares the query with every vector of the slabs. */
export async function scanSlabs(
  place: Place,
  query: Sought,
  slabs: Iterable<Slab> | AsyncIterable<Slab>,
): Promise<FoundChunk[]> {
  const allowed = query.filter && (await idsWith(place, query.filter))
  let best: readonly Candidate[] = []
  for await (const slab of slabs) {
    const found = [...best, ...nearest(slab, query, allowed)]
    best = found.sort((a, b) => b.score - a.score).slice(0, query.limit)
    // A slab is small; others have their turn between two.
    await turn()
  }
  return withContent(place, best, query.withVectors === true)
}

/** The best of one slab. */
function nearest(
  { ids, values }: Slab,
  { vector, limit }: Sought,
  allowed: ReadonlySet<string> | undefined,
): Candidate[] {
  const size = vector.length
  /** Best first. */
  const best: { readonly at: number; readonly score: number }[] = []
  for (const [at, id] of ids.entries()) {
    if (allowed && !allowed.has(id)) continue
    const score = dot(values, at * size, vector)
    if (best.length === limit && score <= (best.at(-1)?.score ?? 0)) continue
    const worse = best.findIndex((other) => other.score < score)
    best.splice(worse === -1 ? best.length : worse, 0, { at, score })
    best.splice(limit)
  }
  return best.map(({ at, score }) => {
    const own = values.subarray(at * size, (at + 1) * size)
    return { id: ids[at] ?? '', score, vector: own }
  })
}

function dot(values: Float32Array, from: number, vector: Float32Array): number {
  let sum = 0
  for (let at = 0; at < vector.length; at += 1) {
    // Both are within bounds; to ask would take twice as long.
    sum += (values[from + at] as number) * (vector[at] as number)
  }
  return sum
}

async function idsWith(
  { database, em, space }: Place,
  filter: Readonly<Record<string, unknown>>,
): Promise<ReadonlySet<string>> {
  const rows = await database.rows<{ id: string }>(
    em,
    'select id from vector_chunk where space_id = ? and metadata @> ?::jsonb',
    [space.id, JSON.stringify(filter)],
  )
  return new Set(rows.map(({ id }) => id))
}

async function withContent(
  { database, em }: Place,
  best: readonly Candidate[],
  withVectors: boolean,
): Promise<FoundChunk[]> {
  const rows = await database.rows<Pick<FoundChunk, 'content' | 'metadata'> & { id: string }>(
    em,
    `select id, content, metadata from vector_chunk
     where id in (select jsonb_array_elements_text(?::jsonb)::uuid)`,
    [JSON.stringify(best.map(({ id }) => id))],
  )
  const byId = new Map(rows.map(({ id, ...row }) => [id, row]))
  return best.flatMap(({ id, score, vector }) => {
    const row = byId.get(id)
    return row === undefined ? [] : [{ ...row, score, ...(withVectors && { vector: [...vector] }) }]
  })
}
