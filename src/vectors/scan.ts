import type { ChunkQuery, FoundChunk } from '../engine/node/ports.ts'
import { foundOnly, type Place } from './space.ts'

interface Candidate {
  readonly id: string
  readonly score: number
  readonly vector: readonly number[]
}

/** Small enough that reading a page does not hold up others. */
const pageRows = 200

/** Compares the query with every chunk of the space: for databases without pgvector. */
export async function scanSpace(place: Place, query: ChunkQuery): Promise<FoundChunk[]> {
  let best: Candidate[] = []
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const page = await readPage(place, query, after)
    const scored = page.map(({ id, vector }) => ({ id, vector, score: dot(vector, query.vector) }))
    best = [...best, ...scored].sort((a, b) => b.score - a.score).slice(0, query.limit)
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) break
    after = last.id
  }
  return withContent(place, best, query.withVectors === true)
}

async function readPage(
  { database, em, space }: Place,
  { filter }: ChunkQuery,
  after: string,
): Promise<{ id: string; vector: readonly number[] }[]> {
  const rows = await database.rows<{ id: string; sent: string }>(
    em,
    // The page is cut first: else every vector behind it would be read and encoded as well.
    `select id, encode(array_send(embedding), 'base64') as sent from (
       select id, embedding from vector_chunk
       where space_id = ? and id > ?${foundOnly(space)}${filter ? ' and metadata @> ?::jsonb' : ''}
       order by id limit ?) as page order by id`,
    [space.id, after, ...(filter ? [JSON.stringify(filter)] : []), pageRows],
  )
  return rows.map(({ id, sent }) => ({ id, vector: reals(Buffer.from(sent, 'base64')) }))
}

/** An array as the wire protocol carries it: 20 bytes of head, then length and value of each. */
function reals(bytes: Buffer): number[] {
  const values: number[] = []
  for (let at = 24; at < bytes.length; at += 8) values.push(bytes.readFloatBE(at))
  return values
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0)
  return sum
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
    return row === undefined ? [] : [{ ...row, score, ...(withVectors && { vector }) }]
  })
}
