import type { Ctx, FlowDemand } from '../context.ts'
import type { Anonymous } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { permits, type Permission } from '../core/permissions.ts'

/**
 * What a field may ask of its caller. Exactly one stands on every query and mutation; each refuses
 * by throwing, so that the caller learns whether to sign in, to exchange the key, or to ask for a
 * permission.
 */
export interface Scopes {
  /**
   * Open to all. `true`: the field proves something itself and limits failures, so a stale
   * credential that came along does not matter. `notRejected`: a presented credential must hold.
   */
  readonly anyone: true | 'notRejected'
  /** A person, whatever their permissions. */
  readonly signedIn: boolean
  /** A person with the permission; never a key. */
  readonly person: Permission
  /** A person or an exchanged key with the permission; a bare key where the server allows it. */
  readonly manage: Permission
  /** Whoever the flow admits. */
  readonly flow: FlowDemand
}

export function createScopes(ctx: Ctx): {
  anyone: (demand: Scopes['anyone']) => boolean
  signedIn: () => boolean
  person: (permission: Permission) => boolean
  manage: (permission: Permission) => boolean
  flow: (demand: FlowDemand) => Promise<boolean>
} {
  return {
    anyone: (demand) => demand === true || requireNotRejected(ctx),
    signedIn: () => requirePerson(ctx),
    person: (permission) => requirePerson(ctx) && requirePermission(ctx, permission),
    manage: (permission) => requireManager(ctx) && requirePermission(ctx, permission),
    flow: async (demand) => {
      await ctx.admitToFlow(ctx, demand)
      return true
    },
  }
}

/** What a caller without a valid credential is told, everywhere. */
export function notSignedIn(caller: Anonymous): Failure {
  return new Failure(
    'UNAUTHENTICATED',
    caller.rejected
      ? 'The bearer token is not valid, or not any more.'
      : 'Send a token or an API key as "Authorization: Bearer …".',
  )
}

function requireNotRejected({ caller }: Ctx): true {
  if (caller.kind === 'anonymous' && caller.rejected) throw notSignedIn(caller)
  return true
}

function requirePrincipal(ctx: Ctx): void {
  if (ctx.caller.kind === 'anonymous') throw notSignedIn(ctx.caller)
}

function requirePerson(ctx: Ctx): true {
  requirePrincipal(ctx)
  if (ctx.caller.kind === 'key') {
    throw new Failure('FORBIDDEN', 'API keys never do this; sign in with POST /api/v1/auth/login.')
  }
  return true
}

function requireManager(ctx: Ctx): true {
  requirePrincipal(ctx)
  const bareKey = ctx.caller.kind === 'key' && !ctx.caller.exchanged
  if (bareKey && !ctx.deps.config.apiKeysManage) {
    throw new Failure(
      'FORBIDDEN',
      "Management needs a JWT: exchange the key at POST /api/v1/auth/token with grant_type=client_credentials, the key's id as client_id and its apiSecret as client_secret.",
    )
  }
  return true
}

function requirePermission(ctx: Ctx, permission: Permission): true {
  if (ctx.caller.kind === 'anonymous' || !permits(ctx.caller.permissions, permission)) {
    throw new Failure('FORBIDDEN', `This needs the permission ${permission}.`)
  }
  return true
}
