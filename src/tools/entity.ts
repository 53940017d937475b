import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, updatedDate, workspaceId } from '../db/columns.ts'

/** A custom tool: JavaScript that an agent may call, with the schema of its arguments. */
export const Tool = defineEntity({
  name: 'Tool',
  tableName: 'tool',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    name: p.text(),
    description: p.text(),
    color: p.text(),
    iconSrc: p.text().nullable(),
    schema: p.text().nullable(),
    func: p.text().nullable(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  indexes: [{ properties: ['workspaceId', 'updatedDate', 'id'] }],
})
export type Tool = InferEntity<typeof Tool>
