import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, updatedDate, workspaceId } from '../db/columns.ts'

/** A provider's secrets, sealed. */
export const Credential = defineEntity({
  name: 'Credential',
  tableName: 'credential',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    name: p.text(),
    credentialName: p.text(),
    encryptedData: p.text().lazy(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  indexes: [{ properties: ['workspaceId', 'updatedDate', 'id'] }],
})
export type Credential = InferEntity<typeof Credential>
