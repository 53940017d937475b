import { setTimeout as wait } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { Failure } from '../../core/errors.ts'
import type { EgressGuard } from '../egress/guard.ts'
import { parseAddress, type SqlAddress } from './address.ts'
import { openWire } from './wire.ts'

/** Whose database is asked, and by whom. */
export interface SqlAccess {
  /** `postgres://user:password@host:5432/database?sslmode=require`. */
  readonly url: string
  /** Begins the sentences of refusals, such as `The database of "Sales"`. */
  readonly who: string
  /** Ends the connection at once. */
  readonly signal: AbortSignal
}

export interface SessionOptions {
  readonly guard: EgressGuard
  /** Milliseconds of one statement; the database ends it by itself. */
  readonly statementMs: number
  /** Milliseconds from the look-up of the host to the last answer. */
  readonly timeoutMs: number
  /** Bytes that the database may send. */
  readonly maxBytes: number
}

const goodbyeMs = 500

/**
 * Does work on a connection of its own that can only read, and closes it whatever happens.
 * @throws Failure UNPROCESSABLE for an address of another form; UPSTREAM when the database may not
 *   be called, is not there or refuses; TIMEOUT; the reason of the signal. None tells the password.
 */
export async function withSession<T>(
  { url, who, signal: outer }: SqlAccess,
  options: SessionOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const address = parseAddress(url)
  if (address === undefined) {
    const form = 'postgres://user:password@host:5432/database'
    throw new Failure('UNPROCESSABLE', `${who} needs an address of the form ${form}.`)
  }
  const limit = AbortSignal.timeout(options.timeoutMs)
  const signal = AbortSignal.any([outer, limit])
  try {
    signal.throwIfAborted()
    return await connected(address, { ...options, signal }, work)
  } catch (error) {
    outer.throwIfAborted()
    if (!limit.aborted) throw explained(error, who)
    throw new Failure('TIMEOUT', `${who} did not answer within ${options.timeoutMs / 1000} s.`)
  }
}

async function connected<T>(
  address: SqlAddress,
  options: SessionOptions & { readonly signal: AbortSignal },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const wire = await openWire(address, options)
  const client = new Client({
    ...address,
    // An empty one, were it not for the function, would be looked for in the server's environment.
    password: () => address.password,
    stream: () => wire,
    ssl: false,
    options: `-c default_transaction_read_only=on -c statement_timeout=${options.statementMs}`,
    application_name: 'flowgate',
    types: { getTypeParser: () => String },
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await Promise.race([client.end().catch(() => undefined), wait(goodbyeMs, null, { ref: false })])
    wire.destroy()
  }
}

function explained(error: unknown, who: string): Failure {
  if (error instanceof Failure) {
    return new Failure(error.code, `${who} cannot be asked: ${error.message}`)
  }
  if (error instanceof DatabaseError) return refused(error, who)
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'connection lost'
  return new Failure('UPSTREAM', `${who} could not be reached (${code}).`)
}

function refused({ code = '', message }: DatabaseError, who: string): Failure {
  if (code === '57014') return new Failure('TIMEOUT', `${who} took too long for a statement.`)
  // What it says of a login may quote it.
  const words = code.startsWith('28') ? 'the login is refused' : message.slice(0, 300)
  return new Failure('UPSTREAM', `${who} answered: ${words} (${code}).`)
}
