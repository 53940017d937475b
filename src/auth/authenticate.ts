import { findSession } from '../accounts/sessions.ts'
import { findKey, type LiveKey } from '../apikeys/lookup.ts'
import type { Deps } from '../context.ts'
import { anonymous, rejected, type Caller, type KeyCaller } from '../core/caller.ts'
import { permits } from '../core/permissions.ts'
import type { KeyClaims } from '../core/token.ts'

/** The value of an `Authorization` header as the caller it proves (RFC 6750 section 2.1). */
export type Authenticate = (authorization: string | null) => Promise<Caller>

/**
 * Without a header the caller is anonymous; with one that proves nothing, rejected. What a token
 * says is only a claim: session, membership, key and permissions are looked up, through a cache that
 * forgets at once what changes.
 */
export function createAuthenticate(deps: Deps): Authenticate {
  return async (authorization) => {
    if (authorization === null) return anonymous
    const token = /^Bearer +([!-~]+) *$/i.exec(authorization)?.[1]
    if (!token) return rejected
    if (token.startsWith('sk_')) return bareKey(await findKey(deps, { secret: token }))
    const claims = await deps.tokens.verify(token)
    if (claims?.kind === 'key') {
      return exchangedKey(await findKey(deps, { id: claims.keyId }), claims)
    }
    if (claims) return (await findSession(deps, claims.sessionId, claims.workspaceId)) ?? rejected
    return rejected
  }
}

function bareKey(key: LiveKey | null): Caller {
  return key ? keyCaller(key, { exchanged: false }) : rejected
}

/** Never more than the key may today, and never more than the token was given. */
function exchangedKey(key: LiveKey | null, claims: KeyClaims): Caller {
  if (!key || key.workspaceId !== claims.workspaceId) return rejected
  const caller = keyCaller(key, { exchanged: true })
  const permissions = caller.permissions.filter((permission) => permits(claims.scope, permission))
  return { ...caller, permissions }
}

function keyCaller(key: LiveKey, { exchanged }: { exchanged: boolean }): KeyCaller {
  const { id: keyId, workspaceId, permissions, rateLimit } = key
  return { kind: 'key', keyId, workspaceId, permissions, rateLimit, exchanged }
}
