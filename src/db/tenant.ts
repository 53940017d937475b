import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import type { Principal, UserCaller } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'

/** The caller of a verb that no anonymous caller reaches. */
export function principal(ctx: Ctx): Principal {
  if (ctx.caller.kind === 'anonymous') throw new Failure('UNAUTHENTICATED', 'Sign in first.')
  return ctx.caller
}

/** The caller of a verb that only people reach. */
export function person(ctx: Ctx): UserCaller {
  if (ctx.caller.kind !== 'user') throw new Failure('FORBIDDEN', 'Only people do this.')
  return ctx.caller
}

/** An EntityManager that sees what the caller may: one workspace, and for people their own account. */
export function tenantEm(ctx: Ctx): SqlEntityManager {
  const caller = principal(ctx)
  return ctx.deps.database.workspaceEm(
    caller.kind === 'user'
      ? {
          workspaceId: caller.workspaceId,
          organizationId: caller.organizationId,
          userId: caller.userId,
        }
      : { workspaceId: caller.workspaceId },
  )
}

/** The one sentence for what does not exist and for what is another workspace's. */
export function notFound(what: string): Failure {
  return new Failure('NOT_FOUND', `There is no such ${what} in this workspace.`)
}
