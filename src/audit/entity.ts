import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { id, ofWorkspace, timestamp } from '../db/columns.ts'

/** Who did what, on which row, when and from where. Rows are only ever added, and removed by age. */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  ...ofWorkspace,
  properties: {
    id: id(),
    /** Null for what belongs to no workspace: sign-ins that failed, refusals of strangers. */
    workspaceId: p.uuid().nullable(),
    date: timestamp(),
    actorKind: p.text().$type<'user' | 'key' | 'anonymous'>(),
    actorId: p.text().nullable(),
    action: p.text(),
    targetId: p.text().nullable(),
    /** `ok`, or the code of the refusal. */
    outcome: p.text(),
    address: p.text(),
    requestId: p.text(),
    /** How often, for refusals of strangers, which are counted by the minute. */
    count: p.integer().default(1),
  },
  indexes: [{ properties: ['workspaceId', 'date', 'id'] }, { properties: ['date'] }],
})
export type AuditEntry = InferEntity<typeof AuditEntry>
