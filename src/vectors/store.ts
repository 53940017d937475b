import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Deps } from '../context.ts'
import { isUuid } from '../core/ids.ts'
import type { VectorPlace, VectorPort } from '../engine/node/ports.ts'
import { saveChunks } from './save.ts'
import { scanSpace } from './scan.ts'
import { searchSpace } from './search.ts'
import { findSpace, refuseOther, type Space } from './space.ts'
import { unit } from './unit.ts'

/** So many chunks, and comparing with each costs more than an index. */
const indexFrom = 5000

/** What flows of one workspace keep in the table of vectors. */
export function createVectorPort(deps: Deps, workspaceId: string): VectorPort {
  const open = (): SqlEntityManager => deps.database.workspaceEm({ workspaceId })
  const find = async (em: SqlEntityManager, place: VectorPlace): Promise<Space | undefined> =>
    isUuid(place.flowId) ? findSpace(deps.database, em, place) : undefined
  return {
    known: async (place, { model, hashes }) => {
      const em = open()
      const space = await find(em, place)
      if (space === undefined || space.size === 0) return new Set()
      refuseOther(space, place, { model })
      const rows = await deps.database.rows<{ hash: string }>(
        em,
        `select hash from vector_chunk
         where space_id = ? and hash in (select jsonb_array_elements_text(?::jsonb))`,
        [space.id, JSON.stringify(hashes)],
      )
      return new Set(rows.map(({ hash }) => hash))
    },
    save: async (place, batch) => {
      const em = open()
      const saved = await em.transactional((inner) =>
        saveChunks(inner, { workspaceId, place, batch }),
      )
      if (saved.size >= indexFrom) await makeIndex(deps, em, saved.space)
      return saved.counts
    },
    search: async (place, query) => {
      const em = open()
      const space = await find(em, place)
      if (space === undefined || space.size === 0) return []
      refuseOther(space, place, { model: query.model, dimensions: query.vector.length })
      const sought = { ...query, vector: unit(query.vector) }
      const look = space.hasPgvector ? searchSpace : scanSpace
      return look({ database: deps.database, em, space }, sought)
    },
  }
}

/** Without it searches are slower, and nothing else: the upsert is done. */
async function makeIndex({ log }: Deps, em: SqlEntityManager, space: Space): Promise<void> {
  if (!space.hasPgvector) return
  try {
    await em.transactional((inner) =>
      inner.execute('select vector_space_index(?, ?)', [space.id, space.dimensions]),
    )
  } catch (error) {
    log.warn({ err: error, space: space.id }, 'a vector index was not made')
  }
}
