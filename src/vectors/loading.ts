import { extname } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { Failure } from '../core/errors.ts'
import type { Refused } from '../engine/documents/load.worker.ts'
import type { LoadedDocument } from '../engine/node/instances.ts'
import type { LoadJob } from '../engine/node/load-job.ts'
import type { LoadDocuments } from '../engine/node/ports.ts'

export interface Loading {
  readonly load: LoadDocuments
  close(): Promise<void>
}

const threads = 2
const mostWaiting = 32
const idleMs = 30_000
/** How long the next chunks may take to be read. */
const limitMs = 120_000
const memoryMb = 768
/** Texts below are cut in less time than it takes to hand them over. */
const smallBytes = 32_768

/** Reads and cuts files in threads, which start at the first file and end after 30 idle seconds. */
export function createLoading(): Loading {
  let pool: Promise<Piscina> | undefined
  let jobs = 0
  async function* inTurn(job: LoadJob, signal: AbortSignal) {
    // Piscina's own limit does not count jobs that can be aborted.
    if (jobs >= threads + mostWaiting) throw tooMany()
    jobs += 1
    try {
      yield* loadInThread(await (pool ??= startPool()), job, signal)
    } finally {
      jobs -= 1
    }
  }
  return {
    async *load(job, signal) {
      if (isSmall(job)) {
        const { runLoadJob } = await import('../engine/documents/load.ts')
        yield* runLoadJob(job)
      } else yield* inTurn(job, signal)
    },
    close: async () => {
      await (await pool)?.destroy()
    },
  }
}

async function* loadInThread(
  pool: Piscina,
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
      const documents = await inbox.next()
      if (documents === null) return await ended
      yield documents
      port.postMessage('next')
    }
  } finally {
    end.abort()
    port.close()
  }
}

type Sent = readonly LoadedDocument[] | null

/** What a thread sends, one message at a time: it waits with the next one until it is asked. */
function openInbox(port: MessageChannel['port1']) {
  let waiting = nextMessage()
  port.on('message', (sent: Sent) => waiting.resolve(sent))
  return {
    /** The next chunks, or null after the last. Rejects with what the thread failed with. */
    async next(): Promise<Sent> {
      const late = setTimeout(() => waiting.reject(tooSlow()), limitMs)
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

async function startPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  // The worker is .ts beside its code when run from source, .js when built.
  const worker = `../engine/documents/load.worker${extname(import.meta.url)}`
  return new Piscina({
    filename: new URL(worker, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
}

function tooSlow(): Failure {
  return new Failure('TIMEOUT', `The files could not be read within ${limitMs / 1000} s.`)
}

function tooMany(): Failure {
  const sentence = 'Too many files are being read at once; please try again.'
  return new Failure('UNAVAILABLE', sentence, { retryAfter: 5 })
}

function explained(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  const text =
    error instanceof Error ? `${'code' in error ? String(error.code) : ''} ${error.message}` : ''
  if (!text.includes('OUT_OF_MEMORY')) return error
  const sentence = `The files need more than ${memoryMb} MiB of memory to be read.`
  return new Failure('UNPROCESSABLE', sentence)
}
