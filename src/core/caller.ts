import type { Permission, Role } from './permissions.ts'

/** Nobody: no credential was presented, or one that is not valid. */
export interface Anonymous {
  readonly kind: 'anonymous'
  /** A credential was presented and refused; only fields that prove something themselves overlook that. */
  readonly rejected: boolean
}

/** A person, signed in to one workspace. */
export interface UserCaller {
  readonly kind: 'user'
  readonly userId: string
  readonly sessionId: string
  readonly organizationId: string
  readonly workspaceId: string
  readonly role: Role
  readonly permissions: readonly Permission[]
}

/** An API key: presented itself, or through a token it was exchanged for. */
export interface KeyCaller {
  readonly kind: 'key'
  readonly keyId: string
  readonly workspaceId: string
  readonly permissions: readonly Permission[]
  readonly exchanged: boolean
  readonly rateLimit: RateLimit | null
}

export interface RateLimit {
  readonly limit: number
  readonly windowSeconds: number
}

/** How a call with a key went: let through, lacking a right, or over the key's rate limit. */
export type KeyOutcome = 'accepted' | 'refused' | 'limited'

export type Principal = UserCaller | KeyCaller
export type Caller = Anonymous | Principal

export const anonymous: Anonymous = { kind: 'anonymous', rejected: false }
export const rejected: Anonymous = { kind: 'anonymous', rejected: true }
