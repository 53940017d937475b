import type { FilterQuery } from '@mikro-orm/core'
import type { Ctx } from '../context.ts'
import { pageRequest, type Page } from '../core/paging.ts'
import { tenantEm } from '../db/tenant.ts'
import { AuditEntry } from './entity.ts'

export interface AuditFilter {
  readonly from?: Date | null | undefined
  readonly to?: Date | null | undefined
  readonly actorId?: string | null | undefined
  readonly action?: string | null | undefined
  readonly targetId?: string | null | undefined
  readonly outcome?: string | null | undefined
  readonly page?: number | null | undefined
  readonly limit?: number | null | undefined
}

/** What happened in the caller's workspace, newest first; by default the last 100 entries. */
export async function auditLog(ctx: Ctx, input: AuditFilter): Promise<Page<AuditEntry>> {
  const page = pageRequest(input.page ?? 1, input.limit ?? 100)
  const [data, total] = await tenantEm(ctx).findAndCount(AuditEntry, conditionOf(input), {
    orderBy: { date: 'desc', id: 'desc' },
    ...page,
  })
  return { data, total }
}

const exact = ['actorId', 'action', 'targetId', 'outcome'] as const

function conditionOf(filter: AuditFilter): FilterQuery<AuditEntry> {
  const given = exact.filter((name) => filter[name]).map((name) => [name, filter[name]])
  const date = {
    ...(filter.from ? { $gte: filter.from } : {}),
    ...(filter.to ? { $lt: filter.to } : {}),
  }
  return { ...Object.fromEntries(given), ...(Object.keys(date).length > 0 ? { date } : {}) }
}
