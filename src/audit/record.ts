import type { AuditRecord } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Database } from '../db/database.ts'
import { createBatch, type Batch } from '../platform/batch.ts'

const columns = [
  'id',
  'workspace_id',
  'date',
  'actor_kind',
  'actor_id',
  'action',
  'target_id',
  'outcome',
  'address',
  'request_id',
  'count',
] as const

/** Gathers what happened, and writes it at most two seconds late and at the latest on close. */
export function createAudit(
  database: Database,
  onError: (error: unknown) => void,
): Batch<string, AuditRecord> {
  return createBatch<string, AuditRecord>({
    intervalMs: 2000,
    maxKeys: 500,
    merge: (earlier, later) => ({ ...later, count: earlier.count + later.count }),
    flush: (records) => write(database, [...records.values()]),
    onError,
  })
}

async function write(database: Database, records: readonly AuditRecord[]): Promise<void> {
  if (records.length === 0) return
  const rows = records.map((record) => [
    newId(),
    record.workspaceId,
    record.date.toISOString(),
    record.actorKind,
    record.actorId,
    record.action,
    record.targetId,
    record.outcome,
    record.address,
    record.requestId,
    record.count,
  ])
  const row = `(${columns.map(() => '?').join(', ')})`
  await database
    .jobsEm()
    .execute(
      `insert into audit_entry (${columns.join(', ')}) values ${rows.map(() => row).join(', ')}`,
      rows.flat(),
    )
}
