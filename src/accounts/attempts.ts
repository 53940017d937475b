import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { RateRule } from '../core/rate.ts'

/**
 * Runs an attempt to prove something, counting only those that fail. Each is counted before it runs
 * and given back when it succeeds, so that guesses made at once are bounded like guesses in turn.
 * Throws RATE_LIMITED, or what the attempt throws.
 */
export async function guardAttempts<T>(
  ctx: Ctx,
  rules: readonly (readonly [key: string, rule: RateRule])[],
  attempt: () => Promise<T>,
): Promise<T> {
  const release: (() => Promise<void>)[] = []
  for (const [key, rule] of rules) {
    const reservation = await ctx.deps.limiter.reserve(key, rule)
    release.push(() => reservation.release())
    const { verdict } = reservation
    if (verdict.allowed) continue
    await Promise.all(release.map((undo) => undo()))
    throw new Failure('RATE_LIMITED', 'Too many failed attempts; try again later.', {
      retryAfter: verdict.retryAfter,
    })
  }
  try {
    const result = await attempt()
    await Promise.all(release.map((undo) => undo()))
    return result
  } catch (error) {
    const refused =
      error instanceof Failure && ['UNAUTHENTICATED', 'FORBIDDEN'].includes(error.code)
    // What failed on our side was no guess.
    if (!refused) await Promise.all(release.map((undo) => undo()))
    throw error
  }
}
