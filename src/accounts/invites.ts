import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { digest, newProof } from '../core/secret.ts'
import { Invite, User } from './entity.ts'
import { findLogin, payload, type AuthPayload, type Login } from './service.ts'
import { beginSession, endAllSessions } from './sessions.ts'

/** A one-time token, in clear only in the answer that made it. */
export interface IssuedInvite {
  readonly token: string
  readonly expiresDate: Date
}

const lifetimeMs = 7 * 86_400_000

/** Makes a one-time token for setting a password; earlier ones of the same user end. */
export async function createInvite(
  ctx: Ctx,
  em: SqlEntityManager,
  userId: string,
): Promise<IssuedInvite> {
  const proof = newProof()
  const expiresDate = new Date(ctx.deps.clock.now().getTime() + lifetimeMs)
  await em.nativeDelete(Invite, { userId })
  em.create(Invite, { digest: digest(proof), userId, expiresDate })
  await em.flush()
  return { token: `inv_${userId.replaceAll('-', '')}_${proof}`, expiresDate }
}

/**
 * Sets the password of whoever was invited or reset, ends their sessions and signs them in. Throws
 * UNAUTHENTICATED for a token that is not live, RATE_LIMITED after too many of them.
 */
export async function acceptInvite(
  ctx: Ctx,
  input: { token: string; password: string },
): Promise<AuthPayload> {
  return ctx.deps.attempts.run(
    [[`invite ${ctx.request.network}`, ctx.deps.config.rateLimits.loginPerAddress]],
    async () => {
      const presented = parseInvite(input.token)
      const login = presented && (await findLogin(ctx.deps, { userId: presented.userId }))
      if (!presented || !login) throw invalidInvite()
      const passwordHash = await ctx.deps.passwords.hash(input.password)
      await useInvite(ctx, login, { digest: digest(presented.proof), passwordHash })
      return payload(ctx, login, await beginSession(ctx, login, passwordHash))
    },
  )
}

/** Everything or nothing: a token that was used sets no second password. */
async function useInvite(
  ctx: Ctx,
  login: Login,
  change: { digest: string; passwordHash: string },
): Promise<void> {
  const now = ctx.deps.clock.now()
  await ctx.deps.database.workspaceEm(login).transactional(async (em) => {
    // The token names the user; the proof must be theirs.
    const live = {
      userId: login.userId,
      digest: change.digest,
      usedDate: null,
      expiresDate: { $gt: now },
    }
    if ((await em.nativeUpdate(Invite, live, { usedDate: now })) !== 1) throw invalidInvite()
    await em.nativeUpdate(User, { id: login.userId }, { passwordHash: change.passwordHash })
  })
  await endAllSessions(ctx, login.userId)
}

/** The token names its user, so that it is found without looking through all. */
function parseInvite(text: string): { userId: string; proof: string } | null {
  const match =
    /^inv_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([0-9A-Za-z]{43})$/.exec(
      text,
    )
  return match ? { userId: match.slice(1, 6).join('-'), proof: match[6] ?? '' } : null
}

function invalidInvite(): Failure {
  return new Failure('UNAUTHENTICATED', 'The invite is not valid, or not any more.')
}
