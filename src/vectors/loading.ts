import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { Failure } from '../core/errors.ts'
import { createTurns } from '../core/turns.ts'
import type { Refused } from '../engine/documents/load.worker.ts'
import type { LoadedDocument } from '../engine/node/instances.ts'
import type { LoadJob } from '../engine/node/load-job.ts'
import type { LoadDocuments } from '../engine/node/ports.ts'

export interface Loading {
  /** For a workspace, which shares the threads with the others. */
  of(workspaceId: string): LoadDocuments
  close(): Promise<void>
}

export interface LoadingLimits {
  /**
   * How many jobs may be under way. Each has a thread to itself, for one that is given up, or needs
   * too much memory, ends with its thread, and would take its neighbours along.
   */
  readonly open: number
  /** How many of them read at once; the others wait until somebody has use for more of their chunks. */
  readonly atOnce: number
  /** How long the next chunks may take to be read. */
  readonly limitMs: number
}

const defaultLimits: LoadingLimits = {
  open: 16,
  // One more than work at once, so that a workspace that keeps all busy lets another begin.
  atOnce: Math.max(2, availableParallelism()) + 1,
  limitMs: 120_000,
}
/** Of which one workspace alone has a half. */
const mostWaiting = 64
const idleMs = 30_000
const memoryMb = 768
/** Texts below are cut in less time than it takes to hand them over. */
const smallBytes = 32_768

/**
 * Reads and cuts files in threads, which start at the first file and end after 30 idle seconds. Whoever
 * takes long with the chunks of one, as a provider of embeddings may, holds up no other.
 */
export function createLoading(limits: LoadingLimits = defaultLimits): Loading {
  const { open: threads, atOnce, limitMs } = limits
  const open = createTurns({ atOnce: threads, queue: { most: mostWaiting, tooMany } })
  const reading = createTurns({ atOnce })
  let pool: Promise<Piscina> | undefined
  return {
    of: (workspaceId) =>
      async function* load(job, signal) {
        if (isSmall(job)) {
          const { runLoadJob } = await import('../engine/documents/load.ts')
          yield* runLoadJob(job)
          return
        }
        // The pool would leave those that wait in it without a thread when a job before them is given up.
        const leave = await open.take(workspaceId, signal)
        try {
          pool ??= startPool(threads)
          const turn = (): Promise<() => void> => reading.take(workspaceId, signal)
          yield* loadInThread({ pool: await pool, turn, limitMs }, job, signal)
        } finally {
          leave()
        }
      },
    close: async () => {
      await (await pool)?.destroy()
    },
  }
}

interface Reader {
  readonly pool: Piscina
  /** Waits until it may read, and gives the function that ends that. */
  readonly turn: () => Promise<() => void>
  readonly limitMs: number
}

async function* loadInThread(
  { pool, turn, limitMs }: Reader,
  job: LoadJob,
  signal: AbortSignal,
): AsyncGenerator<readonly LoadedDocument[]> {
  const { port1: port, port2 } = new MessageChannel()
  const end = new AbortController()
  const work = pool.run(
    { job, port: port2 },
    { name: 'load', transferList: [port2], signal: AbortSignal.any([signal, end.signal]) },
  ) as Promise<Refused | null>
  const inbox = openInbox(port)
  const ended = work.then(
    (told) => {
      if (told !== null) inbox.fail(new Failure(told.code, told.message))
    },
    (error: unknown) => inbox.fail(explained(error, signal)),
  )
  try {
    for (;;) {
      const done = await turn()
      const documents = await inbox.next(limitMs).finally(done)
      if (documents === null) return await ended
      yield documents
    }
  } finally {
    end.abort()
    port.close()
  }
}

type Sent = readonly LoadedDocument[] | null

/** What a thread sends, one message at a time: it does nothing until it is asked for the next one. */
function openInbox(port: MessageChannel['port1']) {
  let waiting = nextMessage()
  port.on('message', (sent: Sent) => waiting.resolve(sent))
  return {
    /** The next chunks, or null after the last. Rejects with what the thread failed with. */
    async next(limitMs: number): Promise<Sent> {
      const late = setTimeout(() => waiting.reject(tooSlow(limitMs)), limitMs)
      port.postMessage('next')
      try {
        return await waiting.promise
      } finally {
        clearTimeout(late)
        waiting = nextMessage()
      }
    },
    fail: (error: unknown) => waiting.reject(error),
  }
}

function nextMessage(): PromiseWithResolvers<Sent> {
  const message = Promise.withResolvers<Sent>()
  // A thread may fail while nobody waits for it; whoever asks next is told.
  message.promise.catch(() => undefined)
  return message
}

function isSmall({ files }: LoadJob): boolean {
  if (!files.every((file) => 'bytes' in file && !isBinary(file.bytes))) return false
  const size = files.reduce((sum, file) => sum + ('bytes' in file ? file.bytes.length : 0), 0)
  return size < smallBytes
}

function isBinary(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  return head.startsWith('PK') || head.includes('%PDF-')
}

async function startPool(threads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  // The worker is .ts beside its code when run from source, .js when built.
  const worker = `../engine/documents/load.worker${extname(import.meta.url)}`
  const pool = new Piscina({
    filename: new URL(worker, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  // Whoever waits for a thread that dies is told; where nobody does, it must not end the process.
  pool.on('error', () => undefined)
  return pool
}

function tooSlow(limitMs: number): Failure {
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
  return error
}

function tooMany(): Failure {
  const sentence = 'Too many files are being read at once; please try again.'
  return new Failure('UNAVAILABLE', sentence, { retryAfter: 5 })
}
