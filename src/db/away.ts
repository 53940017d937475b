/**
 * SQLSTATE codes of a server that is going, gone, starting or full, or that gave up waiting:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const awayStates = /^(?:08\w{3}|53[0-3]00|57014|57P0[1-5]|55P03|25P0[34])$/

/** What Node says of a connection that cannot be made or was lost. */
const awayErrnos: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** What the drivers say without a code. */
const awayWords =
  /timeout exceeded when trying to connect|Connection terminated|timeout expired$|is not queryable|Cannot use a pool after|PGlite is closed/

/**
 * Whether a thrown error says that the database cannot be asked now, so that the same request may
 * succeed later.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (awayStates.test(code) || awayErrnos.has(code) || awayWords.test(error.message)) return true
  return isDatabaseAway(error.cause)
}
