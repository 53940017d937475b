import { extname } from 'node:path'
import type { Piscina } from 'piscina'
import { Failure } from '../core/errors.ts'
import type { LoadEnding } from '../engine/documents/load.worker.ts'
import type { LoadJob } from '../engine/node/load-job.ts'
import type { LoadDocuments } from '../engine/node/ports.ts'

export interface Loading {
  readonly load: LoadDocuments
  close(): Promise<void>
}

const threads = 2
const mostWaiting = 32
const idleMs = 30_000
const limitMs = 120_000
const memoryMb = 768
/** Texts below are cut in less time than it takes to hand them over. */
const smallBytes = 32_768

/** Reads and cuts files in threads, which start at the first file and end after 30 idle seconds. */
export function createLoading(): Loading {
  let pool: Promise<Piscina> | undefined
  return {
    load: async (job, signal) => {
      if (isSmall(job)) {
        const { runLoadJob } = await import('../engine/documents/load.ts')
        return runLoadJob(job)
      }
      pool ??= startPool()
      const limit = AbortSignal.timeout(limitMs)
      const ending = await (
        await pool
      )
        .run(job, { name: 'load', signal: AbortSignal.any([signal, limit]) })
        .catch((error: unknown) => {
          throw limit.aborted && !signal.aborted ? late() : explained(error, signal)
        })
      const { documents, refused } = {
        refused: undefined,
        documents: [],
        ...(ending as LoadEnding),
      }
      if (refused !== undefined) throw new Failure(refused.code, refused.message)
      return documents
    },
    close: async () => {
      await (await pool)?.destroy()
    },
  }
}

function isSmall({ files }: LoadJob): boolean {
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  return size < smallBytes && files.every(({ bytes }) => !isBinary(bytes))
}

function isBinary(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  return head.startsWith('PK') || head.includes('%PDF-')
}

async function startPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  // The worker is .ts beside its code when run from source, .js when built.
  const worker = `../engine/documents/load.worker${extname(import.meta.url)}`
  return new Piscina({
    filename: new URL(worker, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    maxQueue: mostWaiting,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
}

function late(): Failure {
  return new Failure('TIMEOUT', `The files could not be read within ${limitMs / 1000} s.`)
}

function explained(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  const text =
    error instanceof Error ? `${'code' in error ? String(error.code) : ''} ${error.message}` : ''
  if (text.includes('OUT_OF_MEMORY')) {
    const sentence = `The files need more than ${memoryMb} MiB of memory to be read.`
    return new Failure('UNPROCESSABLE', sentence)
  }
  if (!text.includes('queue is at limit')) return error
  const sentence = 'Too many files are being read at once; please try again.'
  return new Failure('UNAVAILABLE', sentence, { retryAfter: 5 })
}
