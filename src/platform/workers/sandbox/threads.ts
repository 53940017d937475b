import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Failure } from '../../../core/errors.ts'

export interface ThreadOptions {
  readonly file: URL
  /** Most at once. */
  readonly count: number
  /** Most callers waiting for one. */
  readonly maxWaiting: number
  /** Milliseconds without work after which one ends. */
  readonly idleMs: number
}

interface Waiter {
  readonly resolve: (worker: Worker) => void
  readonly reject: (error: unknown) => void
}

/** Megabytes of a thread's own heap, where texts pass through; the sandbox's memory is beside it. */
const heapMb = 192

/** A few threads, lent to one caller at a time; the first starts when it is first needed. */
export class Threads {
  readonly #options: ThreadOptions
  readonly #all = new Set<Worker>()
  readonly #idle = new Map<Worker, NodeJS.Timeout>()
  readonly #waiting = new Set<Waiter>()
  #closed = false

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /**
   * A started thread, to be given back by `give`.
   * @throws Failure UNAVAILABLE when too many wait, or after `close`; the signal's reason.
   */
  async take(signal: AbortSignal | undefined): Promise<Worker> {
    signal?.throwIfAborted()
    if (this.#closed) throw unavailable()
    const [ready] = this.#idle.keys()
    if (ready !== undefined) {
      this.#forget(ready)
      ready.ref()
      return ready
    }
    if (this.#all.size < this.#options.count) return this.#start()
    if (this.#waiting.size >= this.#options.maxWaiting) throw unavailable()
    return this.#wait(signal)
  }

  /** Takes a thread back; one that is not `reusable` ends, and another starts in its place. */
  give(worker: Worker, reusable: boolean): void {
    if (reusable && !this.#closed) this.#lend(worker)
    else void this.#replace(worker)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#refuse(unavailable())
    await Promise.all(Array.from(this.#all, (worker) => worker.terminate()))
  }

  async #start(): Promise<Worker> {
    const worker = startWorker(this.#options.file)
    this.#all.add(worker)
    worker.once('exit', () => {
      this.#all.delete(worker)
      this.#forget(worker)
    })
    const ended = once(worker, 'exit').then(() => Promise.reject(unavailable()))
    try {
      await Promise.race([once(worker, 'message'), ended])
      return worker
    } catch (error) {
      // Whoever waits might wait for ever, when no thread starts.
      this.#refuse(error)
      throw error
    }
  }

  async #replace(worker: Worker): Promise<void> {
    await worker.terminate()
    if (this.#closed || this.#all.size >= this.#options.count) return
    // A failure to start is for the next caller to see.
    await this.#start().then(
      (fresh) => this.#lend(fresh),
      () => undefined,
    )
  }

  #lend(worker: Worker): void {
    const [next] = this.#waiting
    if (next === undefined) {
      worker.unref()
      const end = (): void => void worker.terminate()
      this.#idle.set(worker, setTimeout(end, this.#options.idleMs).unref())
      return
    }
    this.#waiting.delete(next)
    next.resolve(worker)
  }

  async #wait(signal: AbortSignal | undefined): Promise<Worker> {
    const { promise, resolve, reject } = Promise.withResolvers<Worker>()
    const waiter = { resolve, reject }
    const abort = (): void => {
      this.#waiting.delete(waiter)
      reject(signal?.reason)
    }
    this.#waiting.add(waiter)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #forget(worker: Worker): void {
    clearTimeout(this.#idle.get(worker))
    this.#idle.delete(worker)
  }

  #refuse(reason: unknown): void {
    for (const { reject } of this.#waiting) reject(reason)
    this.#waiting.clear()
  }
}

function startWorker(file: URL): Worker {
  const worker = new Worker(file, {
    env: {},
    execArgv: [],
    // Whatever QuickJS or its glue would print is provoked by the user's code, and no log of ours.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  })
  worker.stdout.resume()
  worker.stderr.resume()
  // Those who wait for it listen for its errors; at other times its exit says enough.
  worker.on('error', () => undefined)
  return worker
}

function unavailable(): Failure {
  return new Failure('UNAVAILABLE', 'Too much custom code runs at once; please try again.', {
    retryAfter: 1,
  })
}
