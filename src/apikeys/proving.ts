import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { permits } from '../core/permissions.ts'
import { findKey, findKeyBySecret, type LiveKey } from './lookup.ts'

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export interface AccessToken {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  /** Space-separated permissions. */
  readonly scope: string
}

export interface TokenRequest {
  readonly grant_type: string
  readonly client_id?: string | null | undefined
  readonly client_secret?: string | null | undefined
  readonly scope?: string | null | undefined
}

/**
 * The client-credentials grant (RFC 6749 section 4.4): a key's id and secret for a JWT that carries
 * the key's permissions, or those of `scope`. Failures carry the OAuth error names.
 */
export async function exchangeKey(ctx: Ctx, input: TokenRequest): Promise<AccessToken> {
  const { config, tokens } = ctx.deps
  if (input.grant_type !== 'client_credentials') {
    throw new Failure('BAD_REQUEST', 'grant_type must be client_credentials.', {
      oauthError: 'unsupported_grant_type',
    })
  }
  const { client_id: id, client_secret: secret } = input
  const key = await ctx.deps.attempts.run(
    [[`exchange ${ctx.request.network}`, config.rateLimits.exchangePerAddress]],
    async () => {
      const found = id && secret ? await findKeyBySecret(ctx.deps, id, secret) : null
      if (found) return found
      throw new Failure(
        'UNAUTHENTICATED',
        'client_id and client_secret are no pair of a live API key.',
        {
          oauthError: 'invalid_client',
        },
      )
    },
  )
  ctx.proven = { kind: 'key', id: key.id, workspaceId: key.workspaceId }
  const scope = grantedScope(key, input.scope)
  const access_token = await tokens.sign(
    { kind: 'key', keyId: key.id, workspaceId: key.workspaceId, scope },
    config.jwtTtlSeconds,
  )
  return {
    access_token,
    token_type: 'Bearer',
    expires_in: config.jwtTtlSeconds,
    scope: scope.join(' '),
  }
}

/**
 * Says whose key it is. Malformed, unknown, expired and deleted keys get one answer:
 * UNAUTHENTICATED; too many of them RATE_LIMITED.
 */
export async function verifyApiKey(ctx: Ctx, input: { key: string }): Promise<LiveKey> {
  return ctx.deps.attempts.run(
    [[`verify ${ctx.request.network}`, ctx.deps.config.rateLimits.verifyPerAddress]],
    async () => {
      const key = await findKey(ctx.deps, { secret: input.key })
      if (!key) throw new Failure('UNAUTHENTICATED', 'This is not a live API key.')
      return key
    },
  )
}

function grantedScope(key: LiveKey, wanted: string | null | undefined): string[] {
  const names = (wanted ?? '').split(' ').filter(Boolean)
  if (names.length === 0) return [...key.permissions]
  const excess = names.find(
    (name) => !key.permissions.some((held) => permits([held], name as never)),
  )
  if (excess !== undefined) {
    throw new Failure('BAD_REQUEST', 'scope asks for a permission that the key does not hold.', {
      oauthError: 'invalid_scope',
    })
  }
  return [...new Set(names)]
}
