import type { KeyUses } from '../context.ts'
import type { Database } from '../db/database.ts'
import { createBatch, type Batch } from '../platform/batch.ts'

/** Counts accepted uses of keys, and writes them at most two seconds late and at the latest on close. */
export function createKeyUses(
  database: Database,
  onError: (error: unknown) => void,
): Batch<string, KeyUses> {
  return createBatch<string, KeyUses>({
    intervalMs: 2000,
    maxKeys: 1000,
    merge: (earlier, later) => ({ ...later, count: earlier.count + later.count }),
    flush: (uses) => writeUses(database, uses),
    onError,
  })
}

/** One statement, so that a failure leaves all counts as they were. A key deleted meanwhile counts no more. */
async function writeUses(database: Database, uses: ReadonlyMap<string, KeyUses>): Promise<void> {
  const rows = [...uses].map(([id, use]) => [
    id,
    use.count,
    use.lastUsedDate.toISOString(),
    use.lastUsedAddress,
  ])
  if (rows.length === 0) return
  await database.jobsEm().transactional((em) =>
    em.execute(
      `update api_key set usage_count = usage_count + used.count,
         last_used_date = greatest(last_used_date, used.moment::timestamptz),
         last_used_address = used.address
       from (values ${rows.map(() => '(?, ?::int, ?, ?)').join(', ')}) as used (id, count, moment, address)
       where api_key.id = used.id`,
      rows.flat(),
    ),
  )
}
