import type { Ctx } from '../context.ts'

/** Whose conversation it is; nobody reads or continues another's. */
export function ownerOf({ caller }: Pick<Ctx, 'caller'>): string {
  if (caller.kind === 'user') return `user:${caller.userId}`
  if (caller.kind === 'key') return `key:${caller.keyId}`
  return 'anonymous'
}
