import { createHmac } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import type { Piscina } from 'piscina'
import { Failure } from '../../core/errors.ts'
import type { HashTask, VerifyTask } from './password.worker.ts'

export interface Passwords {
  /**
   * Returns a bcrypt hash to store.
   * @throws Failure BAD_REQUEST unless 8 to 128 characters; UNAVAILABLE when too many wait.
   */
  hash(password: string): Promise<string>
  /**
   * `null` stands for an unknown user: the same work is done and the answer is false.
   * @throws Failure BAD_REQUEST beyond 128 characters; UNAVAILABLE when too many wait.
   */
  verify(password: string, hash: string | null): Promise<boolean>
  close(): Promise<void>
}

export interface PasswordOptions {
  /** Most threads at once; default: the processors, at most 4. */
  readonly threads?: number
  /** Most calls waiting for a thread; default 32. */
  readonly maxQueue?: number
  /** log2 of the bcrypt rounds; default 12. */
  readonly cost?: number
}

const SHORTEST = 8
const LONGEST = 128
const IDLE_MS = 30_000

/** Salt and digest of no password at all, to be put behind version and cost. */
const NOBODY = `${'.'.repeat(22)}${'/'.repeat(31)}`

/** bcrypt in worker threads, which start at the first call and end after 30 idle seconds. */
export function createPasswords(options: PasswordOptions = {}): Passwords {
  const threads = options.threads ?? Math.min(4, availableParallelism())
  const cost = options.cost ?? 12
  const most = threads + (options.maxQueue ?? 32)
  const dummy = `$2b$${String(cost).padStart(2, '0')}$${NOBODY}`
  let pool: Promise<Piscina> | undefined
  let pending = 0
  let closed = false

  const run = async (name: 'hash' | 'verify', task: HashTask | VerifyTask): Promise<unknown> => {
    if (closed || pending >= most) {
      throw new Failure('UNAVAILABLE', 'Too many sign-ins at once; please try again.', {
        retryAfter: 1,
      })
    }
    pending += 1
    try {
      pool ??= startPool(threads)
      return await (await pool).run(task, { name })
    } finally {
      pending -= 1
    }
  }

  return {
    async hash(password) {
      if (Array.from(password.slice(0, LONGEST)).length < SHORTEST) throw badLength()
      const answer = await run('hash', { secret: preHash(password), cost })
      return String(answer)
    },
    async verify(password, hash) {
      const answer = await run('verify', { secret: preHash(password), hash: hash ?? dummy })
      return hash !== null && answer === true
    },
    async close() {
      closed = true
      if (pool !== undefined) await (await pool).close()
    },
  }
}

async function startPool(threads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  // The worker is .ts beside this file when run from source, .js when built.
  const worker = `./password.worker${extname(import.meta.url)}`
  const pool = new Piscina({
    filename: new URL(worker, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
  })
  // Whoever waits for a thread that dies is told; where nobody does, it must not end the process.
  pool.on('error', () => undefined)
  return pool
}

/**
 * bcrypt reads 72 bytes and stops at NUL, so it is given 44 characters of base64 instead. The key
 * is no secret: it makes the digest ours, so that digests leaked elsewhere cannot be tried here.
 * @throws Failure BAD_REQUEST beyond 128 characters.
 */
function preHash(password: string): string {
  // A character takes at most two units, so huge texts are refused before they are walked.
  if (password.length > 2 * LONGEST || Array.from(password).length > LONGEST) throw badLength()
  return createHmac('sha256', 'flowgate password 1')
    .update(password.normalize('NFC'))
    .digest('base64')
}

function badLength(): Failure {
  return new Failure('BAD_REQUEST', `A password has ${SHORTEST} to ${LONGEST} characters.`)
}
