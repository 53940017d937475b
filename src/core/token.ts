import { createSecretKey, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { z } from 'zod'

export interface SigningSecret {
  readonly kid: string
  readonly secret: Uint8Array
}

/** A person's access token, for one workspace. */
export interface UserClaims {
  readonly kind: 'user'
  readonly userId: string
  readonly sessionId: string
  readonly workspaceId: string
}

/** An access token that an API key was exchanged for (RFC 6749 section 4.4, `at+jwt`). */
export interface KeyClaims {
  readonly kind: 'key'
  readonly keyId: string
  readonly workspaceId: string
  readonly scope: readonly string[]
}

export type Claims = UserClaims | KeyClaims

export interface Tokens {
  /** A signed JWT carrying the claims, good for `ttlSeconds`. */
  sign(claims: Claims, ttlSeconds: number): Promise<string>
  /** The claims of a token of ours, or null for whatever else was presented. */
  verify(token: string): Promise<Claims | null>
}

const algorithm = 'HS256'
const issuer = 'flowgate'
const audience = { user: 'flowgate:user', key: 'flowgate:key' } as const
const type = { user: 'JWT', key: 'at+jwt' } as const
const clockTolerance = 5

/** Signs with the newest secret and verifies with any of the ring, chosen by `kid`; HS256 only. */
export function createTokens(ring: readonly SigningSecret[], now: () => Date): Tokens {
  const keys = new Map(ring.map((entry) => [entry.kid, createSecretKey(entry.secret)]))
  const newest = ring[0]
  if (!newest) throw new Error('At least one signing secret is needed.')
  return {
    sign: (claims, ttlSeconds) =>
      sign(claims, createSecretKey(newest.secret), {
        kid: newest.kid,
        issuedAt: Math.floor(now().getTime() / 1000),
        ttlSeconds,
      }),
    async verify(token) {
      if (!token.split('.').every(isCanonical)) return null
      try {
        const { payload, protectedHeader } = await jwtVerify(
          token,
          (header) => selectKey(keys, header.kid),
          { algorithms: [algorithm], issuer, clockTolerance, currentDate: now() },
        )
        const isFromTheFuture = (payload.iat ?? Infinity) > now().getTime() / 1000 + clockTolerance
        return isFromTheFuture ? null : readClaims(payload, protectedHeader.typ)
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null
        throw error
      }
    },
  }
}

/** The last character of base64url may carry bits that mean nothing: one token has one spelling. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

const claimsByType = [
  {
    kind: 'user',
    schema: z
      .object({ sub: z.string(), sid: z.string(), wid: z.string(), exp: z.number() })
      .transform(({ sub, sid, wid }): Claims => ({
        kind: 'user',
        userId: sub,
        sessionId: sid,
        workspaceId: wid,
      })),
  },
  {
    kind: 'key',
    schema: z
      .object({ sub: z.string(), wid: z.string(), scope: z.string(), exp: z.number() })
      .transform(({ sub, wid, scope }): Claims => ({
        kind: 'key',
        keyId: sub,
        workspaceId: wid,
        scope: scope.split(' '),
      })),
  },
] as const

function selectKey(keys: ReadonlyMap<string, KeyObject>, kid: string | undefined): KeyObject {
  const key = kid === undefined ? undefined : keys.get(kid)
  if (!key) throw new errors.JWSInvalid('unknown kid')
  return key
}

async function sign(
  claims: Claims,
  key: KeyObject,
  terms: { kid: string; issuedAt: number; ttlSeconds: number },
): Promise<string> {
  const payload: JWTPayload =
    claims.kind === 'user'
      ? { sub: claims.userId, sid: claims.sessionId, wid: claims.workspaceId }
      : { sub: claims.keyId, wid: claims.workspaceId, scope: claims.scope.join(' ') }
  return new SignJWT(payload)
    .setProtectedHeader({ alg: algorithm, typ: type[claims.kind], kid: terms.kid })
    .setIssuer(issuer)
    .setAudience(audience[claims.kind])
    .setJti(crypto.randomUUID())
    .setIssuedAt(terms.issuedAt)
    .setExpirationTime(terms.issuedAt + terms.ttlSeconds)
    .sign(key)
}

function readClaims(payload: JWTPayload, typ: string | undefined): Claims | null {
  const claims = claimsByType.find(
    ({ kind }) => typ === type[kind] && payload.aud === audience[kind],
  )
  return claims?.schema.safeParse(payload).data ?? null
}
