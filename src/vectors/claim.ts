import { setTimeout as wait } from 'node:timers/promises'
import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { VectorPlace } from '../engine/node/ports.ts'
import { staleAfter } from './leftovers.ts'
import { lockSpace, ownerColumns, refuseOther, type Space } from './space.ts'

export interface Claiming {
  readonly workspaceId: string
  readonly place: VectorPlace
  readonly model: string
}

/** A namespace with one upsert under way in it. */
export interface Claim {
  readonly space: Space
  readonly batchId: string
}

const patienceMs = 120_000
const pauseMs = 500

/**
 * Waits until nobody else fills the namespace, and begins an upsert there.
 * @throws Failure UNPROCESSABLE when another model filled it, CONFLICT when the wait is too long.
 */
export async function claimSpace(
  open: () => SqlEntityManager,
  claiming: Claiming,
  signal: AbortSignal,
): Promise<Claim> {
  const until = Date.now() + patienceMs
  for (;;) {
    const claim = await open().transactional((em) => tryClaim(em, claiming))
    if (claim !== null) return claim
    if (Date.now() > until) {
      const { namespace } = claiming.place
      const sentence = `Another upsert is filling the namespace "${namespace}"; try again when it is done.`
      throw new Failure('CONFLICT', sentence)
    }
    await wait(pauseMs, undefined, { signal }).catch(() => undefined)
    signal.throwIfAborted()
  }
}

/**
 * Takes back what an upsert under way has written, and the namespace if that is all there is. One that
 * was committed stays, though its server may not know: the answer to a commit can get lost.
 */
export async function undoBatch(
  em: SqlEntityManager,
  { batchId, space }: { readonly batchId: string; readonly space: { readonly id: string } },
): Promise<void> {
  const mine = 'delete from vector_batch where id = ? returning id'
  const pending = await em.execute<unknown[]>(mine, [batchId])
  if (pending.length === 0) return
  await em.execute('delete from vector_chunk where space_id = ? and batch_id = ?', [
    space.id,
    batchId,
  ])
  await em.execute(
    `delete from vector_space s where id = ?
       and not exists (select from vector_chunk c where c.space_id = s.id)
       and not exists (select from vector_batch b where b.space_id = s.id)`,
    [space.id],
  )
}

async function tryClaim(em: SqlEntityManager, claiming: Claiming): Promise<Claim | null> {
  const space = await takeSpace(em, claiming)
  const [other] = await em.execute<{ id: string; stale: boolean }[]>(
    `select id, heartbeat < now() - ${staleAfter} as stale from vector_batch where space_id = ?`,
    [space.id],
  )
  if (other?.stale === false) return null
  if (other?.stale === true) {
    await em.execute('delete from vector_chunk where space_id = ? and batch_id = ?', [
      space.id,
      other.id,
    ])
    await em.execute('delete from vector_batch where id = ?', [other.id])
  }
  const batchId = newId()
  await em.execute(
    'insert into vector_batch (id, workspace_id, space_id, heartbeat) values (?, ?, ?, now())',
    [batchId, claiming.workspaceId, space.id],
  )
  return { space, batchId }
}

/** The space, locked; made anew where there is none, or an empty one of another model. */
async function takeSpace(em: SqlEntityManager, claiming: Claiming): Promise<Space> {
  const { workspaceId, place, model } = claiming
  const found = await lockSpace(em, place)
  if (found?.model === model) return found
  if (found !== undefined) {
    if (found.pending.length > 0 || !(await isEmpty(em, found))) {
      refuseOther(found, place, { model })
    }
    // An index made for other dimensions would refuse new ones; a new id has none.
    await em.execute('delete from vector_space where id = ?', [found.id])
  }
  await em.execute(
    `insert into vector_space
       (id, workspace_id, ${ownerColumns[place.owner.kind]}, namespace, model, dimensions,
        created_date, updated_date)
     values (?, ?, ?, ?, ?, 0, now(), now()) on conflict do nothing`,
    [newId(), workspaceId, place.owner.id, place.namespace, model],
  )
  const space = await lockSpace(em, place)
  if (space?.model === model) return space
  throw new Failure('CONFLICT', 'Another upsert changed the same namespace; please try again.')
}

async function isEmpty(em: SqlEntityManager, space: Space): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    'select 1 from vector_chunk where space_id = ? limit 1',
    [space.id],
  )
  return rows.length === 0
}
