import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Deps } from '../context.ts'
import { isUuid } from '../core/ids.ts'
import type { VectorPlace, VectorPort } from '../engine/node/ports.ts'
import { scanSpace } from './scan.ts'
import { searchSpace } from './search.ts'
import { findSpace, refuseOther } from './space.ts'
import { unit } from './unit.ts'
import { openWriter } from './writer.ts'

/** What flows and document stores of one workspace keep in the table of vectors. */
export function createVectorPort(deps: Deps, workspaceId: string): VectorPort {
  const open = (): SqlEntityManager => deps.database.workspaceEm({ workspaceId })
  const find = async (em: SqlEntityManager, place: VectorPlace) =>
    isUuid(place.owner.id) ? findSpace(deps.database, em, place) : undefined
  return {
    open: (place, { model, signal }) =>
      openWriter({
        workspaceId,
        place,
        model,
        signal,
        open,
        onLeftover: (err) => deps.log.error({ err }, 'chunks of a failed upsert are left over'),
        onGrown: (space) => deps.vectorIndexes.grown(open(), space),
      }),
    search: async (place, query) => {
      const em = open()
      const space = await find(em, place)
      // Nothing was ever committed to a space without dimensions.
      if (space === undefined || space.dimensions === 0) return []
      refuseOther(space, place, { model: query.model, dimensions: query.vector.length })
      const sought = { ...query, vector: unit(query.vector) }
      const look = space.hasPgvector ? searchSpace : scanSpace
      return look({ database: deps.database, em, space }, sought)
    },
  }
}
