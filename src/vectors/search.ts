import type { FoundChunk } from '../engine/node/ports.ts'
import { foundOnly, type Place, type Sought } from './space.ts'

/** What pgvector looks at when it walks its index; beyond it would find fewer than asked for. */
const withinIndex = 40

/** Searches by pgvector. */
export async function searchSpace(
  { database, em, space }: Place,
  { vector, limit, filter, withVectors }: Sought,
): Promise<FoundChunk[]> {
  const type = `vector(${space.dimensions})`
  const distance = `(embedding::${type} <#> sought.vector)`
  // The index is walked first and filtered then, so a filter could leave nothing: compare with all.
  const isFiltered = filter !== undefined || space.pending.length > 0
  const order = isFiltered || limit > withinIndex ? `${distance} + 0` : distance
  const rows = await database.rows<FoundChunk & { embedding?: string }>(
    em,
    `select content, metadata, -${distance} as score${withVectors ? ', to_json(embedding)::text as embedding' : ''}
     from vector_chunk, (select ?::real[]::${type} as vector) as sought
     where space_id = '${space.id}'${foundOnly(space)}${filter ? ' and metadata @> ?::jsonb' : ''}
     order by ${order} limit ?::int`,
    [vector, ...(filter ? [JSON.stringify(filter)] : []), limit],
  )
  return rows.map(({ embedding, ...found }) =>
    embedding === undefined ? found : { ...found, vector: JSON.parse(embedding) as number[] },
  )
}
