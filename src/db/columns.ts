import { p } from '@mikro-orm/core'
import { newId } from '../core/ids.ts'

/** The variables a transaction carries; row-level security reads them. */
export const settings = {
  organization: 'app.organization',
  workspace: 'app.workspace',
  user: 'app.user',
} as const

export const id = () => p.uuid().primary().onCreate(newId)
export const workspaceId = () => p.uuid()
export const timestamp = () => p.datetime(3)
export const createdDate = () => timestamp().onCreate(() => new Date())
export const updatedDate = () =>
  timestamp()
    .onCreate(() => new Date())
    .onUpdate(() => new Date())

/** SQL for the current value of a setting; null, which equals nothing, where it is unset. */
export function current(setting: keyof typeof settings): string {
  return `nullif(current_setting('${settings[setting]}', true), '')::uuid`
}

/**
 * What makes a table belong to workspaces: the filter every EntityManager applies by default, and
 * behind it a row-level security policy that also holds where a query goes round the filter.
 */
export const ofWorkspace = {
  filters: {
    workspace: {
      name: 'workspace',
      cond: (args: WorkspaceFilter) => (args.everywhere ? {} : { workspaceId: args.id }),
      default: true,
    },
  },
  rowLevelSecurity: 'force' as const,
  policies: [policy(`workspace_id = ${current('workspace')}`)],
}

/** Parameters of the `workspace` filter; leaving them unset makes every query throw. */
export interface WorkspaceFilter {
  readonly id?: string
  /** Only for the lookup and jobs roles, which row-level security bounds instead. */
  readonly everywhere?: boolean
}

/** A policy for reading and writing alike. */
export function policy(condition: string): { name: string; using: string; check: string } {
  return { name: 'tenancy', using: condition, check: condition }
}
