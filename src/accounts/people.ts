import type { Ctx, Deps } from '../context.ts'
import type { UserCaller } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { memberPermissions, permits, type Role } from '../core/permissions.ts'
import { tenantEm } from '../db/tenant.ts'
import { User } from './entity.ts'
import { createInvite, type IssuedInvite } from './invites.ts'
import { findMember, requireAnotherOwner, requireOwnWorkspace } from './members.ts'
import { requireRankOver, type Standing } from './rank.ts'
import { endAllSessions } from './sessions.ts'

interface Named {
  /** The workspace. */
  readonly id: string
  readonly userId: string
}

/** Ends somebody's password and sessions, and answers a one-time token for a new one. Throws NOT_FOUND, FORBIDDEN. */
export async function resetPassword(ctx: Ctx, input: Named): Promise<IssuedInvite> {
  const caller = await requirePowerOver(ctx, input)
  if (caller.userId === input.userId) {
    throw new Failure('CONFLICT', 'Change your own password with changePassword.')
  }
  const invite = await tenantEm(ctx).transactional(async (em) => {
    await em.nativeUpdate(User, { id: input.userId }, { passwordHash: null })
    return createInvite(ctx, em, input.userId)
  })
  await endAllSessions(ctx, input.userId)
  return invite
}

/** Locks somebody out of the server, or lets them in again. Throws NOT_FOUND, FORBIDDEN, CONFLICT for oneself. */
export async function setDisabled(
  ctx: Ctx,
  input: Named,
  disabled: boolean,
): Promise<{ userId: string; disabled: boolean }> {
  const caller = await requirePowerOver(ctx, input)
  if (caller.userId === input.userId) {
    throw new Failure('CONFLICT', 'Nobody locks themselves out.')
  }
  await tenantEm(ctx).transactional(async (em) => {
    const { membership } = await findMember(em, caller, input.userId)
    if (disabled) await requireAnotherOwner(em, membership)
    await em.nativeUpdate(User, { id: input.userId }, { disabled })
  })
  if (disabled) await endAllSessions(ctx, input.userId)
  return { userId: input.userId, disabled }
}

/**
 * Passwords open every workspace of a person, so whoever resets one must rank over them in each.
 * Throws NOT_FOUND, FORBIDDEN.
 */
async function requirePowerOver(ctx: Ctx, input: Named): Promise<UserCaller> {
  const caller = requireOwnWorkspace(ctx, input.id)
  await findMember(tenantEm(ctx), caller, input.userId)
  const own = new Map(
    (await findStandings(ctx.deps, caller.userId)).map((held) => [held.workspaceId, held]),
  )
  for (const theirs of await findStandings(ctx.deps, input.userId)) {
    const mine = own.get(theirs.workspaceId)
    const permissions = mine ? memberPermissions(mine.role, mine.permissions) : []
    if (!mine || !permits(permissions, 'users:manage')) {
      throw new Failure(
        'FORBIDDEN',
        'This person also belongs to a workspace that you do not manage.',
      )
    }
    requireRankOver({ ...caller, role: mine.role, permissions }, theirs)
  }
  return caller
}

type PlacedStanding = Standing & { readonly workspaceId: string }

/** Every membership of a user. */
async function findStandings(deps: Deps, userId: string): Promise<PlacedStanding[]> {
  return deps.database.rows<PlacedStanding & { role: Role }>(
    deps.database.lookupEm(),
    'select workspace_id as "workspaceId", role, permissions from membership where user_id = ?',
    [userId],
  )
}
