import { z } from 'zod'
import type { ChatflowView } from '../chatflows/view.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { onceForEach } from '../core/once-for-each.ts'

const whole = z.coerce.number().int().min(1)
const settings = z.object({
  rateLimit: z.object({
    status: z.literal(true).optional(),
    limitMax: whole,
    limitDuration: whole,
    limitMsg: z.string().max(500).optional(),
  }),
})

/** Holds a flow's own limit, which its author sets in `apiConfig`, for each caller. Throws RATE_LIMITED. */
export async function limitFlow(ctx: Ctx, flow: ChatflowView): Promise<void> {
  const limit = limitOf(flow)
  if (limit === undefined) return
  const { limitMax, limitDuration, limitMsg } = limit
  const verdict = await ctx.deps.limiter.hit(`flow ${flow.id} ${callerName(ctx)}`, {
    limit: limitMax,
    windowSeconds: limitDuration,
  })
  if (verdict.allowed) return
  throw new Failure('RATE_LIMITED', limitMsg || 'Too many calls of this flow; try again later.', {
    retryAfter: verdict.retryAfter,
  })
}

const limitOf = onceForEach(
  ({ apiConfig }: ChatflowView) =>
    settings.safeParse(JSON.parse(apiConfig ?? 'null')).data?.rateLimit,
)

function callerName({ caller, request }: Ctx): string {
  if (caller.kind === 'key') return caller.keyId
  return caller.kind === 'user' ? caller.userId : request.network
}
