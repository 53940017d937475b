import type { Platform, SessionContext } from '@mikro-orm/core'
import { PostgreSqlConnection, type SqlEntityManager } from '@mikro-orm/postgresql'
import { hasBinary, type RunBound } from './bound.ts'
import type { Statement } from './statement.ts'

/** Runs a statement under the EntityManager's role and scope, within its transaction if it has begun one. */
export async function send<T>(
  em: SqlEntityManager,
  statement: Statement,
  runBound: RunBound,
): Promise<T[]> {
  const connection = em.getConnection()
  const context = em.getSessionContext() ?? {}
  if (!em.isInTransaction() && hasBinary(statement)) {
    return (await runBound(settlement(context, em.getPlatform()), statement)) as T[]
  }
  if (!(connection instanceof PostgreSqlConnection) || em.isInTransaction()) {
    return inTransaction<T>(em, [statement])
  }
  return sendTogether<T>(connection, context, [written(statement, em.getPlatform())])
}

/** Gives the rows of the last statement. */
export async function inTransaction<T>(
  em: SqlEntityManager,
  statements: readonly Statement[],
): Promise<T[]> {
  return em.transactional(async (inner) => {
    let rows: T[] = []
    for (const { sql, params } of statements)
      rows = await inner.execute<T[]>(sql, params.map(quotable))
    return rows
  })
}

/**
 * Sends statements as one message, which is one transaction: what is set for them ends with it.
 * Gives the rows of the last one.
 */
export async function sendTogether<T>(
  connection: PostgreSqlConnection,
  context: SessionContext,
  texts: readonly string[],
): Promise<T[]> {
  const pool = await connection.getNativeClient()
  const first = settlement(context, connection.getPlatform())
  return lastRows<T>(await pool.query([first, ...texts].join('; ')))
}

/** The statement with its values in it, one for each `?`. */
export function written({ sql, params }: Statement, platform: Platform): string {
  const [start = '', ...pieces] = sql.split('?')
  if (pieces.length !== params.length)
    throw new Error('A statement has not as many values as places.')
  return start + pieces.map((piece, at) => literal(params[at], platform) + piece).join('')
}

/**
 * The platform goes through texts letter by letter, also through those that need no escaping. A NUL
 * would end the message, and all that share it.
 */
function literal(value: unknown, platform: Platform): string {
  if (typeof value !== 'string') return platform.quoteValue(quotable(value))
  if (value.includes('\0')) throw new Error('PostgreSQL cannot hold a NUL in a text.')
  return /['\\]/.test(value) ? platform.quoteValue(value) : `'${value}'`
}

/** Of bytes the platform takes a `Buffer` only. */
function quotable(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : value
}

/** The statement that sets, for a transaction, whose rows it sees. */
function settlement({ variables = {}, role }: SessionContext, platform: Platform): string {
  const set = Object.entries(variables).map(([name, value]) => [name, String(value)] as const)
  if (role) set.push(['role', role])
  const calls = set.map(() => 'set_config(?, ?, true)').join(', ') || '1'
  return written({ sql: `select ${calls}`, params: set.flat() }, platform)
}

function lastRows<T>(results: unknown): T[] {
  const last: unknown = Array.isArray(results) ? results.at(-1) : results
  return (last as { rows: T[] }).rows
}
