import type { Ctx } from '../context.ts'
import type { KeyOutcome } from '../core/caller.ts'
import { tenantEm } from '../db/tenant.ts'
import { getApiKey } from './service.ts'

/** How a key's calls went on one day. */
export interface DayOfUsage {
  /** As YYYY-MM-DD, in UTC. */
  readonly day: string
  readonly outcome: KeyOutcome
  readonly count: number
}

/** A key's usage by day and outcome, oldest first; by default of the last 30 days. Throws NOT_FOUND. */
export async function apiKeyUsage(
  ctx: Ctx,
  input: { id: string; from?: Date | null | undefined; to?: Date | null | undefined },
): Promise<DayOfUsage[]> {
  const key = await getApiKey(ctx, { id: input.id })
  const to = input.to ?? ctx.deps.clock.now()
  const from = input.from ?? new Date(to.getTime() - 30 * 86_400_000)
  return ctx.deps.database.rows<DayOfUsage>(
    tenantEm(ctx),
    `select day::text as day, outcome, count::float8 as count from api_key_usage
     where key_id = ? and day between ?::date and ?::date order by day, outcome limit 10000`,
    [key.id, from.toISOString().slice(0, 10), to.toISOString().slice(0, 10)],
  )
}
