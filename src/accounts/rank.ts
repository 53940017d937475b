import type { UserCaller } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { lacking, memberPermissions, type Role } from '../core/permissions.ts'

/** What a member has or is to get. */
export interface Standing {
  readonly role: Role
  readonly permissions: readonly string[] | null
}

/**
 * Whether a caller may give somebody a standing, or take it: owners are made and touched by owners
 * alone, and nobody hands out what they lack. Throws FORBIDDEN.
 */
export function requireRankOver(caller: UserCaller, standing: Standing): void {
  if (standing.role === 'owner' && caller.role !== 'owner') {
    throw new Failure('FORBIDDEN', 'Only an owner makes, changes or removes owners.')
  }
  const wanted = memberPermissions(standing.role, standing.permissions)
  const [missing] = lacking(caller.permissions, wanted)
  if (missing) {
    throw new Failure('FORBIDDEN', `This member may ${missing}, which you may not yourself.`)
  }
}
