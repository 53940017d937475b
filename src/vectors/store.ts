import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Deps } from '../context.ts'
import { isUuid } from '../core/ids.ts'
import type { FoundChunk, VectorPlace, VectorPort } from '../engine/node/ports.ts'
import { chatMark } from './leftovers.ts'
import { scanSlabs } from './scan.ts'
import { searchSpace } from './search.ts'
import { slabsOf, type Slabs } from './slabs.ts'
import { findSpace, refuseOther, type Place, type Sought } from './space.ts'
import { unit } from './unit.ts'
import { openWriter } from './writer.ts'

/** A conversation, for what it alone finds. */
export interface Chat {
  /** Whose it is. */
  readonly owner: string
  readonly chatId: string
}

/** What flows and document stores of one workspace keep in the table of vectors. */
export function createVectorPort(deps: Deps, workspaceId: string, chat: Chat): VectorPort {
  const open = (): SqlEntityManager => deps.database.workspaceEm({ workspaceId })
  const find = async (em: SqlEntityManager, place: VectorPlace) =>
    isUuid(place.owner.id) ? findSpace(deps.database, em, placeFor(place, chat)) : undefined
  return {
    open: (place, { model, signal }) =>
      openWriter({
        database: deps.database,
        workspaceId,
        place: placeFor(place, chat),
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
      return look({ database: deps.database, em, space }, sought, slabsOf(deps.database))
    },
  }
}

/**
 * A space that fits in memory is compared there, which is exact and needs no index; with a server of
 * its own that has pgvector, the database does it.
 */
async function look(place: Place, sought: Sought, slabs: Slabs): Promise<FoundChunk[]> {
  const { database, em, space } = place
  if (space.hasPgvector && database.kind === 'postgres') return searchSpace(place, sought)
  const whole = await slabs.whole(em, space)
  if (whole) return scanSlabs(place, sought, whole)
  return space.hasPgvector
    ? searchSpace(place, sought)
    : scanSlabs(place, sought, slabs.pages(em, space))
}

function placeFor(place: VectorPlace, chat: Chat): VectorPlace {
  if (!place.ofChat) return place
  return { ...place, namespace: chatNamespaces(chat) + place.namespace }
}

/** Removes what was uploaded to conversations of a flow. */
export async function forgetChats(
  em: SqlEntityManager,
  flowId: string,
  chats: readonly Chat[],
): Promise<void> {
  await em.execute(
    `delete from vector_space where chatflowid = ? and substring(namespace from ?) in
       (select jsonb_array_elements_text(?::jsonb))`,
    [flowId, ofSomeChat, JSON.stringify(chats.map(chatNamespaces))],
  )
}

/** What `chatNamespaces` makes, as PostgreSQL finds it at the beginning of a name. */
const ofSomeChat = String.raw`^${chatMark}\["(?:[^"\\]|\\.)*","(?:[^"\\]|\\.)*"\] `

/** What the names of all namespaces of a conversation begin with. */
function chatNamespaces({ owner, chatId }: Chat): string {
  return `${chatMark}${JSON.stringify([owner, chatId])} `
}
