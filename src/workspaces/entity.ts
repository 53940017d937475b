import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
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
