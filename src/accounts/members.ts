import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import type { UserCaller } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { isUuid, newId } from '../core/ids.ts'
import { isPermission, type Role } from '../core/permissions.ts'
import { normalizeEmail } from '../core/text.ts'
import { person, tenantEm } from '../db/tenant.ts'
import { Membership, Workspace } from '../workspaces/entity.ts'
import { User } from './entity.ts'
import { createInvite, type IssuedInvite } from './invites.ts'
import { requireRankOver, type Standing } from './rank.ts'

/** Somebody in a workspace, as those see it who manage it. */
export interface Member {
  readonly userId: string
  readonly workspaceId: string
  readonly email: string
  readonly name: string | null
  readonly role: Role
  /** Exactly these instead of the role's; null: the role's. */
  readonly permissions: readonly string[] | null
  readonly disabled: boolean
  /** Invited, and without a password yet. */
  readonly pending: boolean
  readonly createdDate: Date
  readonly updatedDate: Date
}

export interface MemberInput {
  readonly role?: Role | null | undefined
  readonly permissions?: readonly string[] | null | undefined
}

/** The members of the caller's workspace, by e-mail address. Throws NOT_FOUND for another one. */
export async function listMembers(ctx: Ctx, input: { id: string }): Promise<Member[]> {
  requireOwnWorkspace(ctx, input.id)
  const em = tenantEm(ctx)
  const memberships = await em.find(Membership, { workspaceId: input.id }, { limit: 1000 })
  const users = await em.find(
    User,
    { id: { $in: memberships.map(({ userId }) => userId) } },
    { populate: ['passwordHash'] },
  )
  const byId = new Map(users.map((user) => [user.id, user]))
  return memberships
    .flatMap((membership) => {
      const user = byId.get(membership.userId)
      return user ? [view(membership, user)] : []
    })
    .sort((a, b) => a.email.localeCompare(b.email))
}

/**
 * Lets somebody in, as a new user if need be; only a new one gets a one-time invite. Throws CONFLICT for
 * one who is a member already, FORBIDDEN for a standing the caller may not give.
 */
export async function addMember(
  ctx: Ctx,
  input: MemberInput & { id: string; email: string; role: Role; name?: string | null | undefined },
): Promise<{ member: Member; invite: IssuedInvite | null }> {
  const caller = requireOwnWorkspace(ctx, input.id)
  const standing = { role: input.role, permissions: explicit(input.permissions) ?? null }
  requireSoundStanding(caller, standing)
  const email = normalizeEmail(input.email)
  return tenantEm(ctx).transactional(async (em) => {
    const known = await findByEmail(em, email)
    const user = known ?? (await makeUser(em, caller, { ...input, email }))
    if (await em.count(Membership, { workspaceId: caller.workspaceId, userId: user.id })) {
      throw new Failure('CONFLICT', 'This person is a member of the workspace already.')
    }
    const membership = em.create(Membership, {
      workspaceId: caller.workspaceId,
      userId: user.id,
      role: standing.role,
      permissions: standing.permissions ? [...standing.permissions] : null,
    })
    await em.flush()
    // The way in of somebody known already is not this workspace's to hand out: see `resetPassword`.
    const invite = known ? null : await createInvite(ctx, em, user.id)
    return { member: view(membership, user), invite }
  })
}

/** Changes a role or an explicit list; null goes back to the role's own. Throws NOT_FOUND, FORBIDDEN, CONFLICT. */
export async function updateMember(
  ctx: Ctx,
  input: MemberInput & { id: string; userId: string },
): Promise<Member> {
  const caller = requireOwnWorkspace(ctx, input.id)
  const member = await tenantEm(ctx).transactional(async (em) => {
    const { membership, user } = await findMember(em, caller, input.userId)
    const permissions = explicit(input.permissions)
    const standing = {
      role: input.role ?? membership.role,
      permissions: permissions === undefined ? (membership.permissions ?? null) : permissions,
    }
    requireSoundStanding(caller, standing)
    if (standing.role !== 'owner') await requireAnotherOwner(em, membership)
    membership.role = standing.role
    membership.permissions = standing.permissions ? [...standing.permissions] : null
    await em.flush()
    return view(membership, user)
  })
  await ctx.deps.access.forget(`user:${member.userId}`)
  return member
}

/** Takes somebody out of the workspace. Throws NOT_FOUND, FORBIDDEN, CONFLICT for its last owner. */
export async function removeMember(
  ctx: Ctx,
  input: { id: string; userId: string },
): Promise<{ id: string; deleted: boolean }> {
  const caller = requireOwnWorkspace(ctx, input.id)
  await tenantEm(ctx).transactional(async (em) => {
    const { membership } = await findMember(em, caller, input.userId)
    await requireAnotherOwner(em, membership)
    await em.nativeDelete(Membership, { id: membership.id })
  })
  await ctx.deps.access.forget(`user:${input.userId}`)
  return { id: input.userId, deleted: true }
}

/** Takes the caller out of the workspace. Throws CONFLICT for its last owner. */
export async function leaveWorkspace(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const caller = requireOwnWorkspace(ctx, input.id)
  await tenantEm(ctx).transactional(async (em) => {
    const membership = await em.findOneOrFail(Membership, {
      workspaceId: caller.workspaceId,
      userId: caller.userId,
    })
    await requireAnotherOwner(em, membership)
    await em.nativeDelete(Membership, { id: membership.id })
  })
  await ctx.deps.access.forget(`user:${caller.userId}`)
  return { id: input.id, deleted: true }
}

/**
 * Removes the workspace with everything in it. Throws FORBIDDEN unless the caller owns it,
 * BAD_REQUEST unless `confirm` is its name.
 */
export async function removeWorkspace(
  ctx: Ctx,
  input: { id: string; confirm: string },
): Promise<{ id: string; deleted: boolean }> {
  const caller = requireOwnWorkspace(ctx, input.id)
  if (caller.role !== 'owner') throw new Failure('FORBIDDEN', 'Only an owner removes a workspace.')
  const em = tenantEm(ctx)
  const workspace = await em.findOneOrFail(Workspace, { id: input.id })
  if ((await em.count(Membership, { userId: caller.userId })) < 2) {
    throw new Failure('CONFLICT', 'This is your only workspace: nobody could sign in any more.')
  }
  if (workspace.name !== input.confirm.normalize('NFC')) {
    throw new Failure('BAD_REQUEST', 'confirm must be the name of the workspace, letter by letter.')
  }
  await em.nativeDelete(Workspace, { id: input.id })
  await ctx.deps.access.forget(`workspace:${input.id}`)
  return { id: input.id, deleted: true }
}

/** A member the caller ranks over, with the user. Throws NOT_FOUND, FORBIDDEN. */
export async function findMember(
  em: SqlEntityManager,
  caller: UserCaller,
  userId: string,
): Promise<{ membership: Membership; user: User }> {
  const found = isUuid(userId)
    ? await em.findOne(Membership, { workspaceId: caller.workspaceId, userId })
    : null
  const user = found && (await em.findOne(User, { id: userId }, { populate: ['passwordHash'] }))
  if (!found || !user) throw new Failure('NOT_FOUND', 'There is no such member in this workspace.')
  requireRankOver(caller, { role: found.role, permissions: found.permissions ?? null })
  return { membership: found, user }
}

/** Members are managed with a token for their own workspace. Throws NOT_FOUND for any other. */
export function requireOwnWorkspace(ctx: Ctx, id: string): UserCaller {
  const caller = person(ctx)
  if (caller.workspaceId === id) return caller
  throw new Failure('NOT_FOUND', 'Your token is for no such workspace; switch to it first.')
}

/**
 * A workspace keeps an owner who can act: not disabled, and with a password. The lock makes two
 * owners who go at once take turns. Throws CONFLICT.
 */
export async function requireAnotherOwner(
  em: SqlEntityManager,
  leaving: Membership,
): Promise<void> {
  if (leaving.role !== 'owner') return
  const owners = await em.execute<{ user_id: string }[]>(
    `select m.user_id from membership m
     join app_user u on u.id = m.user_id and not u.disabled and u.password_hash is not null
     where m.workspace_id = ? and m.role = 'owner' order by m.user_id for update`,
    [leaving.workspaceId],
  )
  if (owners.every((owner) => owner.user_id === leaving.userId)) {
    throw new Failure(
      'CONFLICT',
      'This is the last owner of the workspace; make another one first.',
    )
  }
}

async function findByEmail(em: SqlEntityManager, email: string): Promise<User | null> {
  return em.findOne(User, { email }, { populate: ['passwordHash'] })
}

async function makeUser(
  em: SqlEntityManager,
  caller: UserCaller,
  input: { email: string; name?: string | null | undefined },
): Promise<User> {
  const user = em.create(User, {
    id: newId(),
    organizationId: caller.organizationId,
    email: input.email,
    name: input.name?.normalize('NFC') ?? null,
    passwordHash: null,
  })
  await em.flush()
  return user
}

/** What may be given to somebody. Throws FORBIDDEN, and BAD_REQUEST for an owner who may not everything. */
function requireSoundStanding(caller: UserCaller, standing: Standing): void {
  requireRankOver(caller, standing)
  if (standing.role === 'owner' && standing.permissions) {
    throw new Failure('BAD_REQUEST', 'An owner may everything; permissions are for other roles.')
  }
}

function explicit(permissions: readonly string[] | null | undefined): string[] | null | undefined {
  if (!permissions) return permissions
  const unknown = permissions.find((permission) => !isPermission(permission))
  if (unknown !== undefined) {
    throw new Failure(
      'BAD_REQUEST',
      `permissions cannot hold ${JSON.stringify(unknown.slice(0, 60))}.`,
    )
  }
  return [...new Set(permissions)]
}

function view(membership: Membership, user: User): Member {
  return {
    userId: user.id,
    workspaceId: membership.workspaceId,
    email: user.email,
    name: user.name ?? null,
    role: membership.role,
    permissions: membership.permissions ?? null,
    disabled: user.disabled,
    pending: !user.passwordHash,
    createdDate: membership.createdDate,
    updatedDate: membership.updatedDate,
  }
}
