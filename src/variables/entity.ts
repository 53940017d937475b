import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, updatedDate, workspaceId } from '../db/columns.ts'

export const variableTypes = ['static', 'runtime'] as const
export type VariableType = (typeof variableTypes)[number]

/** What flows read as `$vars.name`: a stored value, or one that the server's operator sets. */
export const Variable = defineEntity({
  name: 'Variable',
  tableName: 'variable',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    name: p.text(),
    value: p.text().nullable(),
    type: p.text().$type<VariableType>(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  uniques: [{ properties: ['workspaceId', 'name'] }],
  indexes: [{ properties: ['workspaceId', 'updatedDate', 'id'] }],
})
export type Variable = InferEntity<typeof Variable>
