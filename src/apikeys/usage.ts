import type { KeyUses } from '../context.ts'
import type { KeyOutcome } from '../core/caller.ts'
import type { Database } from '../db/database.ts'
import { createBatch, type Batch } from '../platform/batch.ts'

/** Counts uses of keys, and writes them at most two seconds late and at the latest on close. */
export function createKeyUses(
  database: Database,
  onError: (error: unknown) => void,
): Batch<string, KeyUses> {
  return createBatch<string, KeyUses>({
    intervalMs: 2000,
    maxKeys: 1000,
    merge: (earlier, later) => ({
      ...later,
      counts: {
        accepted: earlier.counts.accepted + later.counts.accepted,
        refused: earlier.counts.refused + later.counts.refused,
        limited: earlier.counts.limited + later.counts.limited,
      },
      lastUsedDate: later.lastUsedDate ?? earlier.lastUsedDate,
      lastUsedAddress: later.lastUsedAddress ?? earlier.lastUsedAddress,
    }),
    flush: (uses) => writeUses(database, [...uses.values()]),
    onError,
  })
}

/** One transaction, so that a failure leaves all counts as they were. */
async function writeUses(database: Database, uses: readonly KeyUses[]): Promise<void> {
  if (uses.length === 0) return
  const totals = uses.map((use) => [
    use.keyId,
    use.counts.accepted,
    use.lastUsedDate?.toISOString() ?? null,
    use.lastUsedAddress,
  ])
  const days = uses.flatMap(({ workspaceId, keyId, day, counts }) =>
    outcomesIn(counts).map((outcome) => [workspaceId, keyId, day, outcome, counts[outcome]]),
  )
  await database.jobsEm().transactional(async (em) => {
    await em.execute(
      `update api_key set usage_count = usage_count + used.count,
         last_used_date = greatest(last_used_date, used.moment),
         last_used_address = coalesce(used.address, last_used_address)
       from (select id, sum(count)::int as count, max(moment) as moment, max(address) as address
             from (values ${totals.map(() => '(?, ?::int, ?::timestamptz, ?::text)').join(', ')})
               as day (id, count, moment, address) group by id) as used
       where api_key.id = used.id`,
      totals.flat(),
    )
    // What was counted for a workspace that is gone meanwhile is gone with it.
    await em.execute(
      `insert into api_key_usage (workspace_id, key_id, day, outcome, count)
       select given.* from (values ${days.map(() => '(?::uuid, ?, ?::date, ?, ?::bigint)').join(', ')})
         as given (workspace_id, key_id, day, outcome, count)
       join workspace on workspace.id = given.workspace_id
       on conflict (key_id, day, outcome) do update set count = api_key_usage.count + excluded.count`,
      days.flat(),
    )
  })
}

function outcomesIn(counts: KeyUses['counts']): KeyOutcome[] {
  return (['accepted', 'refused', 'limited'] as const).filter((outcome) => counts[outcome] > 0)
}
