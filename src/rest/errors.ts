import { GraphQLError } from 'graphql'
import { statusByCode } from '../core/errors.ts'
import { isDatabaseAway } from '../db/away.ts'
import { internalError, visibleError, type VisibleError } from '../graphql/errors.ts'
import type { Log } from '../platform/log.ts'
import { jsonAnswer, type Answer } from './answer.ts'

/** What came with the refused request. */
export interface Refused {
  readonly requestId: string
  /** The `Authorization` header. */
  readonly authorization: string | undefined
}

/** What the caller gets to see; a bug is logged in full under the request's id. */
export function reveal(error: unknown, requestId: string, log: Log): VisibleError {
  const known = visibleError(error)
  if (known) {
    const cause = known.details.cause
    if (cause !== undefined) log.warn({ requestId, code: known.code, err: cause }, known.message)
    return known
  }
  const thrown = error instanceof GraphQLError ? error.originalError : error
  if (isDatabaseAway(thrown)) {
    log.warn({ requestId, err: thrown }, 'the database does not answer')
    return databaseAway
  }
  log.error({ requestId, err: thrown }, 'bug')
  return internalError
}

/** Never 401: who cannot be looked up is not refused. */
const databaseAway: VisibleError = {
  code: 'UNAVAILABLE',
  message: 'The database does not answer; try again in a moment.',
  details: { retryAfter: 1 },
}

/** The error body of every REST answer: contract section 1. */
export function errorAnswer(error: VisibleError, refused: Refused): Answer {
  const { code, message, details } = error
  const statusCode = statusByCode[code]
  const body = {
    statusCode,
    success: false,
    code,
    message,
    requestId: refused.requestId,
    // RFC 6749 section 5.2, on the token endpoint.
    ...(details.oauthError && { error: details.oauthError, error_description: message }),
  }
  return jsonAnswer(body, statusCode, hintHeaders(error, refused))
}

/** What the failure tells the client's machinery: when to retry, how to sign in, what is allowed. */
export function hintHeaders(error: VisibleError, refused: Refused): Record<string, string> {
  const { retryAfter, allow, hangUp } = error.details
  const challenge = challengeOf(error, refused)
  return {
    ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    ...(allow !== undefined && { allow }),
    ...(hangUp === true && { connection: 'close' }),
    ...(challenge !== null && { 'www-authenticate': challenge }),
  }
}

/** RFC 6750 section 3: no error code unless a credential was presented. */
function challengeOf(error: VisibleError, { authorization }: Refused): string | null {
  const hasCredential = authorization !== undefined
  if (error.code === 'UNAUTHENTICATED') {
    // RFC 6749 section 5.2: a client that tried Basic is answered in kind.
    if (error.details.oauthError && /^basic /i.test(authorization ?? '')) {
      return 'Basic realm="flowgate"'
    }
    const reason = hasCredential ? ', error="invalid_token"' : ''
    return `Bearer realm="flowgate"${reason}`
  }
  if (error.code === 'FORBIDDEN' && hasCredential) {
    return 'Bearer realm="flowgate", error="insufficient_scope"'
  }
  return null
}
