import type { Place } from '../core/seal.ts'

/** Where the data of a credential is sealed to. */
export function placeOf(row: { readonly id: string; readonly workspaceId: string }): Place {
  return { table: 'credential', rowId: row.id, workspaceId: row.workspaceId }
}
