import type { Ctx, Deps } from '../context.ts'
import type { UserCaller } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { memberPermissions, type Role } from '../core/permissions.ts'
import { normalizeEmail } from '../core/text.ts'
import { notFound, person, tenantEm } from '../db/tenant.ts'
import { Session, User } from './entity.ts'
import {
  beginSession,
  endSessions,
  moveSession,
  renewSession,
  sessionOf,
  type Grant,
} from './sessions.ts'

/** What signing in, refreshing and switching answer. */
export interface AuthPayload extends Grant {
  readonly user: Profile
}

export interface Profile {
  readonly id: string
  readonly email: string
  readonly name: string | null
  readonly activeWorkspaceId: string
  readonly activeOrganizationId: string
  readonly role: Role
  readonly permissions: readonly string[]
}

export interface SessionView {
  readonly id: string
  readonly workspaceId: string
  readonly address: string | null
  readonly userAgent: string | null
  readonly createdDate: Date
  readonly lastUsedDate: Date
  readonly expiresDate: Date
  /** Whether it is the one that asks. */
  readonly current: boolean
}

/**
 * Signs a person in. A wrong password and an unknown address answer alike and cost alike.
 * Throws UNAUTHENTICATED, RATE_LIMITED after too many failures, UNAVAILABLE when too many wait.
 */
export async function login(
  ctx: Ctx,
  input: { username: string; password: string },
): Promise<AuthPayload> {
  const email = normalizeEmail(input.username)
  const { rateLimits } = ctx.deps.config
  return ctx.deps.attempts.run(
    [
      [`login ${ctx.request.network}`, rateLimits.loginPerAddress],
      [`login ${ctx.request.network} ${email}`, rateLimits.loginPerAccount],
      // Many addresses that try one account: wide enough that nobody locks another out by chance.
      [
        `login ${email}`,
        { ...rateLimits.loginPerAccount, limit: rateLimits.loginPerAccount.limit * 10 },
      ],
    ],
    async () => {
      const found = await findLogin(ctx.deps, { email })
      const matches = await ctx.deps.passwords.verify(input.password, found?.passwordHash ?? null)
      if (!found || !matches) {
        // The audit log tells the person whose password was tried.
        if (found) ctx.proven = { kind: 'user', id: found.userId, workspaceId: found.workspaceId }
        throw new Failure('UNAUTHENTICATED', 'The e-mail address or the password is wrong.')
      }
      return payload(ctx, found, await beginSession(ctx, found, found.passwordHash ?? ''))
    },
  )
}

/** Exchanges a refresh token. Throws UNAUTHENTICATED, RATE_LIMITED after too many failures. */
export async function refresh(ctx: Ctx, input: { refreshToken: string }): Promise<AuthPayload> {
  return ctx.deps.attempts.run(
    [[`refresh ${ctx.request.network}`, ctx.deps.config.rateLimits.refreshPerAddress]],
    async () => {
      const { caller, grant } = await renewSession(ctx, input.refreshToken)
      return payload(ctx, caller, grant)
    },
  )
}

/** Ends the session of the refresh token, or else of the bearer token. Throws UNAUTHENTICATED for neither. */
export async function logout(
  ctx: Ctx,
  input: { refreshToken?: string | null | undefined },
): Promise<{ loggedOut: boolean }> {
  const own = ctx.caller.kind === 'user' ? ctx.caller : null
  const session = await ctx.deps.attempts.run(
    [[`refresh ${ctx.request.network}`, ctx.deps.config.rateLimits.refreshPerAddress]],
    async () => {
      const found = input.refreshToken ? await sessionOf(ctx, input.refreshToken) : own
      if (found) return found
      throw new Failure(
        'UNAUTHENTICATED',
        'Send the refresh token of the session, or its bearer token.',
      )
    },
  )
  await endSessions(ctx, session, [session.sessionId])
  return { loggedOut: true }
}

/** Sets a new password and ends every other session. Throws UNAUTHENTICATED for a wrong current one. */
export async function changePassword(
  ctx: Ctx,
  input: { currentPassword: string; newPassword: string },
): Promise<{ changed: boolean }> {
  const caller = person(ctx)
  const em = tenantEm(ctx)
  const user = await em.findOneOrFail(User, { id: caller.userId }, { populate: ['passwordHash'] })
  await ctx.deps.attempts.run(
    [[`password ${caller.userId}`, ctx.deps.config.rateLimits.loginPerAccount]],
    async () => {
      const matches = await ctx.deps.passwords.verify(
        input.currentPassword,
        user.passwordHash ?? null,
      )
      if (!matches) throw new Failure('FORBIDDEN', 'The current password is wrong.')
    },
  )
  const passwordHash = await ctx.deps.passwords.hash(input.newPassword)
  // Hashing takes a while: whoever reset the password meanwhile had reasons.
  const proven = { id: caller.userId, passwordHash: user.passwordHash ?? null }
  if ((await em.nativeUpdate(User, proven, { passwordHash })) !== 1) {
    throw new Failure('CONFLICT', 'The password was changed meanwhile.')
  }
  const others = await em.find(Session, { endedDate: null, id: { $ne: caller.sessionId } })
  await endSessions(
    ctx,
    caller,
    others.map((session) => session.id),
  )
  return { changed: true }
}

/** Who the caller is, in the workspace the token is for. */
export async function me(ctx: Ctx): Promise<Profile> {
  return profile(ctx, person(ctx))
}

/** The caller's live sessions, last used first. */
export async function listSessions(ctx: Ctx): Promise<SessionView[]> {
  const { sessionId } = person(ctx)
  const sessions = await tenantEm(ctx).find(
    Session,
    { endedDate: null, expiresDate: { $gt: ctx.deps.clock.now() } },
    { orderBy: { lastUsedDate: 'desc', id: 'desc' }, limit: 1000 },
  )
  return sessions.map((session) => ({
    ...session,
    address: session.address ?? null,
    userAgent: session.userAgent ?? null,
    current: session.id === sessionId,
  }))
}

/** Ends one of the caller's sessions. Throws NOT_FOUND. */
export async function endSession(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const found =
    isUuid(input.id) && (await tenantEm(ctx).count(Session, { id: input.id, endedDate: null }))
  if (!found) throw notFound('session')
  await endSessions(ctx, person(ctx), [input.id])
  return { id: input.id, deleted: true }
}

/** Tokens for another of the caller's workspaces. Throws NOT_FOUND where they are no member. */
export async function switchWorkspace(ctx: Ctx, input: { id: string }): Promise<AuthPayload> {
  const moved = isUuid(input.id) ? await moveSession(ctx, person(ctx), input.id) : null
  if (!moved) throw new Failure('NOT_FOUND', 'You are a member of no such workspace.')
  return payload(ctx, moved.caller, moved.grant)
}

/** Somebody who may sign in, and where to. */
export interface Login {
  readonly userId: string
  readonly organizationId: string
  readonly workspaceId: string
  readonly passwordHash: string | null
  readonly role: Role
  readonly permissions: readonly string[]
}

/** A user who is not disabled, by e-mail or id, with the first workspace they belong to. */
export async function findLogin(
  deps: Deps,
  named: { readonly email: string } | { readonly userId: string },
): Promise<Login | null> {
  const [column, value] = 'email' in named ? ['email', named.email] : ['id', named.userId]
  const [row] = await deps.database.rows<Login & { permissions: string[] | null }>(
    deps.database.lookupEm(),
    `select u.id as "userId", u.organization_id as "organizationId", u.password_hash as "passwordHash",
       m.workspace_id as "workspaceId", m.role, m.permissions
     from app_user u join membership m on m.user_id = u.id
     where u.${column} = ? and not u.disabled
     order by m.created_date, m.workspace_id limit 1`,
    [value],
  )
  return row ? { ...row, permissions: memberPermissions(row.role, row.permissions) } : null
}

type Signed = Pick<UserCaller, 'userId' | 'organizationId' | 'workspaceId' | 'role'> & {
  readonly permissions: readonly string[]
}

/** The tokens with who they are for. */
export async function payload(ctx: Ctx, signed: Signed, grant: Grant): Promise<AuthPayload> {
  ctx.proven = { kind: 'user', id: signed.userId, workspaceId: signed.workspaceId }
  return { ...grant, user: await profile(ctx, signed) }
}

async function profile(ctx: Ctx, signed: Signed): Promise<Profile> {
  const { organizationId, userId, workspaceId, role, permissions } = signed
  const em = ctx.deps.database.workspaceEm({ organizationId, userId, workspaceId })
  const user = await em.findOneOrFail(User, { id: userId })
  return {
    id: userId,
    email: user.email,
    name: user.name ?? null,
    activeWorkspaceId: workspaceId,
    activeOrganizationId: organizationId,
    role,
    permissions,
  }
}
