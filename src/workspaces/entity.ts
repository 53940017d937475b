import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import type { Role } from '../core/permissions.ts'
import { createdDate, current, id, policy, updatedDate } from '../db/columns.ts'

/** A company: its people and its workspaces. */
export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organization',
  rowLevelSecurity: 'force',
  policies: [policy(`id = ${current('organization')}`)],
  properties: { id: id(), name: p.text(), createdDate: createdDate(), updatedDate: updatedDate() },
})
export type Organization = InferEntity<typeof Organization>

/** Chatflows, credentials, tools and keys belong to one workspace and are seen from no other. */
export const Workspace = defineEntity({
  name: 'Workspace',
  tableName: 'workspace',
  rowLevelSecurity: 'force',
  policies: [policy(`organization_id = ${current('organization')}`)],
  properties: {
    id: id(),
    organizationId: p.uuid().index(),
    name: p.text(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
})
export type Workspace = InferEntity<typeof Workspace>

/** A person's place in a workspace. */
export const Membership = defineEntity({
  name: 'Membership',
  tableName: 'membership',
  rowLevelSecurity: 'force',
  policies: [
    {
      name: 'tenancy',
      // People see their own memberships anywhere, and change only those of the workspace at hand.
      using: `workspace_id = ${current('workspace')} or user_id = ${current('user')}`,
      check: `workspace_id = ${current('workspace')}`,
    },
  ],
  properties: {
    id: id(),
    workspaceId: p.uuid(),
    userId: p.uuid().index(),
    role: p.text().$type<Role>(),
    /** Set: exactly these permissions instead of the role's. */
    permissions: p.array().columnType('text[]').nullable(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  uniques: [{ properties: ['workspaceId', 'userId'] }],
})
export type Membership = InferEntity<typeof Membership>
