import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { GrownSpace } from '../context.ts'
import type { Database } from '../db/database.ts'
import type { Log } from '../platform/log.ts'
import { mostBytes } from './slabs.ts'

/** Makes indexes for namespaces that grow, behind everybody's back. */
export interface VectorIndexes {
  /** To be told of a namespace that got more chunks. */
  grown(em: SqlEntityManager, space: GrownSpace): void
  /** Waits for those being made. */
  close(): Promise<void>
}

/** So many chunks, and comparing with each costs more than an index. */
const indexFrom = 2000
/** pgvector's limit for an index. */
const mostDimensions = 2000

export function createVectorIndexes({
  database,
  log,
}: {
  readonly database: Database
  readonly log: Log
}): VectorIndexes {
  const making = new Map<string, Promise<void>>()
  return {
    grown(em, space) {
      const { id, dimensions, hasPgvector } = space
      if (!hasPgvector || dimensions > mostDimensions || making.has(id)) return
      const work = makeIfLarge(database, em, space)
        // Without it searches are slower, and nothing else.
        .catch((err: unknown) => log.warn({ err, space: id }, 'a vector index was not made'))
        .finally(() => making.delete(id))
      making.set(id, work)
    },
    close: async () => {
      await Promise.all(making.values())
    },
  }
}

async function makeIfLarge(
  database: Database,
  em: SqlEntityManager,
  space: GrownSpace,
): Promise<void> {
  // The embedded database has an index for what memory does not hold: making one keeps it busy.
  const least = database.kind === 'embedded' ? mostBytes.space / (4 * space.dimensions) : indexFrom
  const [row] = await database.rows<{ size: number }>(
    em,
    `select count(*)::int as size from (
       select 1 from vector_chunk where space_id = ? limit ?) as beginning`,
    [space.id, Math.floor(least) + 1],
  )
  if ((row?.size ?? 0) > least) await database.indexVectors(em, space)
}
