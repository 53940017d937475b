/** Every code a caller may see, with the HTTP status REST answers for it. */
export const statusByCode = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNPROCESSABLE: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UPSTREAM: 502,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const

export type FailureCode = keyof typeof statusByCode

export interface FailureDetails {
  /** Seconds after which the same request may succeed; becomes `Retry-After`. */
  readonly retryAfter?: number
  /** RFC 6749 section 5.2 error name, for the token endpoint. */
  readonly oauthError?: string
  /** Methods the path does answer; becomes `Allow`. */
  readonly allow?: string
  /** The connection ends with the answer. */
  readonly hangUp?: boolean
  readonly cause?: unknown
}

/**
 * The one error whose message a caller may read: one plain sentence, free of secrets.
 * Whatever else is thrown is a bug: it is logged, and the caller sees `INTERNAL`.
 */
export class Failure extends Error {
  readonly code: FailureCode
  readonly details: FailureDetails

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'Failure'
    this.code = code
    this.details = details
  }

  get status(): number {
    return statusByCode[this.code]
  }
}
