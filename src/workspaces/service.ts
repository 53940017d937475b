import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Role } from '../core/permissions.ts'
import { person, tenantEm } from '../db/tenant.ts'
import { Membership, Workspace } from './entity.ts'

/** A workspace as one of its members sees it. */
export interface MyWorkspace {
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly role: Role
  readonly createdDate: Date
  readonly updatedDate: Date
}

/** The workspaces the caller is a member of, oldest first. */
export async function listWorkspaces(ctx: Ctx): Promise<MyWorkspace[]> {
  const em = tenantEm(ctx)
  const memberships = await em.find(Membership, { userId: person(ctx).userId })
  const roles = new Map(memberships.map((membership) => [membership.workspaceId, membership.role]))
  const workspaces = await em.find(
    Workspace,
    { id: { $in: [...roles.keys()] } },
    { orderBy: { createdDate: 'asc', id: 'asc' } },
  )
  return workspaces.map((workspace) => ({
    ...workspace,
    role: roles.get(workspace.id) ?? 'viewer',
  }))
}

/** Makes a workspace in the caller's organization; the caller becomes its owner. */
export async function createWorkspace(ctx: Ctx, input: { name: string }): Promise<MyWorkspace> {
  const { organizationId, userId } = person(ctx)
  const id = newId()
  const em = ctx.deps.database.workspaceEm({ organizationId, userId, workspaceId: id })
  const workspace = await em.transactional(async (em) => {
    const workspace = em.create(Workspace, {
      id,
      organizationId,
      name: input.name.normalize('NFC'),
    })
    await em.persist(workspace).flush()
    em.create(Membership, { workspaceId: id, userId, role: 'owner' })
    return workspace
  })
  return { ...workspace, role: 'owner' }
}
