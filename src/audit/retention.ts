import type { Database } from '../db/database.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'

/** What is kept for the configured days, and the column that tells its age. */
const records = [
  ['audit_entry', 'date'],
  ['api_key_usage', 'day'],
  ['chat_message', 'created_date'],
] as const

/** What is of no use once it is over; kept a month longer, so that reuse is still recognised. */
const expiries = [
  ['session', 'expires_date'],
  ['invite', 'expires_date'],
] as const

const dayMs = 86_400_000
const betweenRunsMs = 3_600_000
const batchSize = 5000

export interface RetentionParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly days: number
}

/** Removes what is too old, soon after the start and then every hour. Returns the function that ends it. */
export function startRetention(parts: RetentionParts): () => void {
  const run = async (): Promise<void> => {
    try {
      await removeOld(parts)
    } catch (error) {
      parts.log.error({ err: error }, 'old records could not be removed')
    }
  }
  const timer = setInterval(() => void run(), betweenRunsMs)
  const first = setTimeout(() => void run(), 60_000)
  timer.unref()
  first.unref()
  return () => {
    clearInterval(timer)
    clearTimeout(first)
  }
}

/** Removes every record older than the configured days, and what expired a month ago. */
export async function removeOld(parts: Omit<RetentionParts, 'log'>): Promise<void> {
  const now = parts.clock.now().getTime()
  const oldest = new Date(now - parts.days * dayMs)
  for (const record of records) await removeBefore(parts.database, record, oldest)
  const monthAgo = new Date(now - 30 * dayMs)
  for (const expiry of expiries) await removeBefore(parts.database, expiry, monthAgo)
}

/** In batches, so that no lock is held for long. */
async function removeBefore(
  database: Database,
  [table, column]: readonly [table: string, column: string],
  moment: Date,
): Promise<void> {
  for (;;) {
    const removed = await database.jobsEm().execute<{ affectedRows: number }>(
      `delete from ${table} where ctid in
         (select ctid from ${table} where ${column} < ?::timestamptz limit ${batchSize})`,
      [moment.toISOString()],
      'run',
    )
    if (removed.affectedRows < batchSize) return
  }
}
