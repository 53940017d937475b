import type { Ctx, Deps } from '../context.ts'
import type { UserCaller } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { isUuid, newId } from '../core/ids.ts'
import { memberPermissions, type Role } from '../core/permissions.ts'
import { digest, newProof, succeedingProof } from '../core/secret.ts'
import { RefreshToken, Session } from './entity.ts'

/** Seconds in which a used refresh token yields its successor once more: tabs that race. */
const reuseWindowSeconds = 10

/** Who signs in, and where to. */
export interface Identity {
  readonly userId: string
  readonly organizationId: string
  readonly workspaceId: string
}

/** Both halves of a signing-in. */
export interface Grant {
  readonly token: string
  readonly refreshToken: string
}

/**
 * The person a session stands for in a workspace, with today's permissions; null when the session
 * ended, the user is disabled, or the membership is gone.
 */
export async function findSession(
  deps: Deps,
  sessionId: string,
  workspaceId: string | null,
): Promise<UserCaller | null> {
  const found = await deps.access.get(`session ${sessionId} ${workspaceId}`, async () => {
    const [row] = await deps.database.rows<SessionRow>(
      deps.database.lookupEm(),
      `select s.user_id, s.expires_date, m.workspace_id, w.organization_id, m.role, m.permissions
       from session s
       join app_user u on u.id = s.user_id and not u.disabled
       join membership m on m.user_id = s.user_id and m.workspace_id = coalesce(?, s.workspace_id)
       join workspace w on w.id = m.workspace_id
       where s.id = ? and s.ended_date is null and s.expires_date > now()`,
      [workspaceId, sessionId],
    )
    if (!row) return null
    const caller: UserCaller = {
      kind: 'user',
      sessionId,
      userId: row.user_id,
      organizationId: row.organization_id,
      workspaceId: row.workspace_id,
      role: row.role,
      permissions: memberPermissions(row.role, row.permissions),
    }
    return {
      value: { caller, until: new Date(row.expires_date).getTime() },
      tags: [`session:${sessionId}`, `user:${row.user_id}`, `workspace:${row.workspace_id}`],
    }
  })
  // What is remembered may have run out since.
  return found && found.until > deps.clock.now().getTime() ? found.caller : null
}

interface SessionRow {
  readonly user_id: string
  readonly expires_date: Date | string
  readonly workspace_id: string
  readonly organization_id: string
  readonly role: Role
  readonly permissions: string[] | null
}

/** Begins a session and hands out its first tokens. Throws UNAUTHENTICATED when the proven password no longer holds. */
export async function beginSession(
  ctx: Ctx,
  identity: Identity,
  passwordHash: string,
): Promise<Grant> {
  const { deps, request } = ctx
  const now = deps.clock.now()
  const proof = newProof()
  const sessionId = newId()
  await deps.database.workspaceEm(identity).transactional(async (em) => {
    // Proving a password takes a while: what was proven must still hold.
    const [holds] = await em.execute<object[]>(
      'select 1 from app_user where id = ? and password_hash = ? and not disabled for share',
      [identity.userId, passwordHash],
    )
    if (!holds) throw new Failure('UNAUTHENTICATED', 'The password was changed meanwhile.')
    const session = em.create(Session, {
      id: sessionId,
      userId: identity.userId,
      workspaceId: identity.workspaceId,
      address: request.address,
      userAgent: request.userAgent?.slice(0, 300) ?? null,
      lastUsedDate: now,
      expiresDate: new Date(now.getTime() + deps.config.refreshTtlSeconds * 1000),
    })
    await em.persist(session).flush()
    em.create(RefreshToken, { digest: digest(proof), sessionId, userId: identity.userId })
  })
  return grant(ctx, { ...identity, sessionId }, proof)
}

/**
 * Exchanges a refresh token for its successor and a new access token. Within ten seconds of its use
 * a token yields the same successor again; later its use ends the session. Throws UNAUTHENTICATED.
 */
export async function renewSession(
  ctx: Ctx,
  refreshToken: string,
): Promise<{ caller: UserCaller; grant: Grant }> {
  const presented = parseRefreshToken(refreshToken)
  const caller = presented && (await findSession(ctx.deps, presented.sessionId, null))
  if (!presented || !caller) throw invalidRefreshToken()
  const outcome = await useProof(ctx, caller, presented.proof)
  if (outcome === 'unknown') throw invalidRefreshToken()
  if (outcome === 'reused') {
    await endSessions(ctx, caller, [caller.sessionId])
    throw new Failure(
      'UNAUTHENTICATED',
      'This refresh token was used before (refresh_reused); its session is ended, sign in again.',
    )
  }
  const successor = succeedingProof(ctx.deps.refreshSecret, presented.proof)
  return { caller, grant: await grant(ctx, caller, successor) }
}

/**
 * Points the caller's session at another of their workspaces and hands out tokens for it; earlier
 * access tokens keep their own workspace. Null when the caller is no member there.
 */
export async function moveSession(
  ctx: Ctx,
  caller: UserCaller,
  workspaceId: string,
): Promise<{ caller: UserCaller; grant: Grant } | null> {
  const moved = await findSession(ctx.deps, caller.sessionId, workspaceId)
  if (!moved) return null
  const proof = newProof()
  await ctx.deps.database.workspaceEm(moved).transactional(async (em) => {
    await em.nativeUpdate(Session, { id: moved.sessionId }, { workspaceId })
    // One session has one chain of tokens: what was not used yet is of no use any more.
    await em.nativeDelete(RefreshToken, { sessionId: moved.sessionId, usedDate: null })
    em.create(RefreshToken, {
      digest: digest(proof),
      sessionId: moved.sessionId,
      userId: moved.userId,
    })
  })
  await ctx.deps.access.forget(`session:${moved.sessionId}`)
  return { caller: moved, grant: await grant(ctx, moved, proof) }
}

/** Ends sessions of the user that is the caller; their access tokens stop at once. */
export async function endSessions(
  ctx: Ctx,
  user: Identity,
  sessionIds: readonly string[],
): Promise<void> {
  const em = ctx.deps.database.workspaceEm(user)
  await em.nativeUpdate(
    Session,
    { id: { $in: [...sessionIds] }, endedDate: null },
    { endedDate: ctx.deps.clock.now() },
  )
  for (const id of sessionIds) await ctx.deps.access.forget(`session:${id}`)
}

/** Ends every session of a user, wherever they are signed in. */
export async function endAllSessions(ctx: Ctx, userId: string): Promise<void> {
  const em = ctx.deps.database.workspaceEm({ userId })
  await em.nativeUpdate(Session, { endedDate: null }, { endedDate: ctx.deps.clock.now() })
  await ctx.deps.access.forget(`user:${userId}`)
}

/** The session a refresh token belongs to, with its owner; null unless the token is its newest one or was. */
export async function sessionOf(ctx: Ctx, refreshToken: string): Promise<UserCaller | null> {
  const presented = parseRefreshToken(refreshToken)
  const caller = presented && (await findSession(ctx.deps, presented.sessionId, null))
  if (!presented || !caller) return null
  const em = ctx.deps.database.workspaceEm(caller)
  const known = await em.count(RefreshToken, {
    digest: digest(presented.proof),
    sessionId: caller.sessionId,
  })
  return known === 1 ? caller : null
}

/** Marks the proof used and stores its successor, under a lock on the session: tabs take turns. */
async function useProof(
  ctx: Ctx,
  caller: UserCaller,
  proof: string,
): Promise<'renewed' | 'reused' | 'unknown'> {
  const { deps } = ctx
  return deps.database.workspaceEm(caller).transactional(async (em) => {
    const id = caller.sessionId
    const [session] = await em.execute<{ now: string }[]>(
      'select now() as now from session where id = ? and ended_date is null for update',
      [id],
    )
    const token = await em.findOne(RefreshToken, { digest: digest(proof), sessionId: id })
    if (!session || !token) return 'unknown'
    const now = deps.clock.now()
    if (token.usedDate) {
      const age = now.getTime() - token.usedDate.getTime()
      return age <= reuseWindowSeconds * 1000 ? 'renewed' : 'reused'
    }
    token.usedDate = now
    em.create(RefreshToken, {
      digest: digest(succeedingProof(deps.refreshSecret, proof)),
      sessionId: id,
      userId: caller.userId,
    })
    await em.nativeUpdate(Session, { id }, { lastUsedDate: now })
    return 'renewed'
  })
}

async function grant(
  ctx: Ctx,
  session: Identity & { sessionId: string },
  proof: string,
): Promise<Grant> {
  const { userId, sessionId, workspaceId } = session
  const token = await ctx.deps.tokens.sign(
    { kind: 'user', userId, sessionId, workspaceId },
    ctx.deps.config.jwtTtlSeconds,
  )
  return { token, refreshToken: `rt_${sessionId.replaceAll('-', '')}_${proof}` }
}

/** The token names its session, so that it is found without looking through all. */
function parseRefreshToken(text: string): { sessionId: string; proof: string } | null {
  const match =
    /^rt_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([0-9A-Za-z]{43})$/.exec(
      text,
    )
  if (!match) return null
  const [, a, b, c, d, e, proof = ''] = match
  const sessionId = [a, b, c, d, e].join('-')
  return isUuid(sessionId) ? { sessionId, proof } : null
}

function invalidRefreshToken(): Failure {
  return new Failure('UNAUTHENTICATED', 'The refresh token is not valid, or not any more.')
}
