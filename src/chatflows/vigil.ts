import { findSession } from '../accounts/sessions.ts'
import { findKey } from '../apikeys/lookup.ts'
import type { Ctx } from '../context.ts'

const everyMs = 2000

/**
 * Looks again and again whether the caller of a long answer may still call, and says so once they may
 * not. Returns the function that ends it.
 */
export function watchCaller(ctx: Ctx, onRevoked: () => void): () => void {
  const timer = setInterval(() => {
    void isStillValid(ctx).then(
      (valid) => {
        if (!valid) onRevoked()
      },
      // A database that is away for a moment revokes nobody.
      () => undefined,
    )
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function isStillValid({ caller, deps }: Ctx): Promise<boolean> {
  if (caller.kind === 'anonymous') return true
  if (caller.kind === 'key') return (await findKey(deps, { id: caller.keyId })) !== null
  return (await findSession(deps, caller.sessionId, caller.workspaceId)) !== null
}
