import type { Database } from '../db/database.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'

interface Aging {
  readonly table: string
  /** Tells the age. */
  readonly column: string
  /** Tells a row from the others; of messages the jobs role may read no more than id and date. */
  readonly row: 'id' | 'ctid'
}

/** What is kept for the configured days. */
const records: readonly Aging[] = [
  { table: 'audit_entry', column: 'date', row: 'id' },
  { table: 'api_key_usage', column: 'day', row: 'ctid' },
  { table: 'chat_message', column: 'created_date', row: 'id' },
  { table: 'chat_file', column: 'created_date', row: 'id' },
  { table: 'chat_message_feedback', column: 'created_date', row: 'id' },
  { table: 'execution', column: 'created_date', row: 'id' },
  { table: 'lead', column: 'created_date', row: 'id' },
  { table: 'upsert_history', column: 'date', row: 'id' },
]

/** What is of no use once it is over; kept a month longer, so that reuse is still recognised. */
const expiries: readonly Aging[] = [
  { table: 'session', column: 'expires_date', row: 'id' },
  { table: 'invite', column: 'expires_date', row: 'ctid' },
]

const dayMs = 86_400_000
const betweenRunsMs = 3_600_000
const batchSize = 5000

export interface RetentionParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly days: number
  /** What else is to be done each time. */
  readonly also: (oldest: Date) => Promise<void>
}

/** Removes what is too old, soon after the start and then every hour. Returns the function that ends it. */
export function startRetention(parts: RetentionParts): () => void {
  const run = async (): Promise<void> => {
    try {
      await removeOld(parts)
      await parts.also(oldestOf(parts))
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
export async function removeOld(parts: Omit<RetentionParts, 'log' | 'also'>): Promise<void> {
  const now = parts.clock.now().getTime()
  const oldest = oldestOf(parts)
  for (const record of records) await removeBefore(parts.database, record, oldest)
  const monthAgo = new Date(now - 30 * dayMs)
  for (const expiry of expiries) await removeBefore(parts.database, expiry, monthAgo)
}

function oldestOf({ clock, days }: Pick<RetentionParts, 'clock' | 'days'>): Date {
  return new Date(clock.now().getTime() - days * dayMs)
}

/** In batches, so that no lock is held for long. */
async function removeBefore(
  database: Database,
  { table, column, row }: Aging,
  moment: Date,
): Promise<void> {
  for (;;) {
    const removed = await database.jobsEm().execute<{ affectedRows: number }>(
      `delete from ${table} where ${row} in
         (select ${row} from ${table} where ${column} < ?::timestamptz limit ${batchSize})`,
      [moment.toISOString()],
      'run',
    )
    if (removed.affectedRows < batchSize) return
  }
}
