import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Failure } from '../../../core/errors.ts'
import { createTurns, type Turns } from '../../../core/turns.ts'

export interface ThreadOptions {
  readonly file: URL
  /** Most at once. */
  readonly count: number
  /** Most callers waiting for one. */
  readonly maxWaiting: number
  /** Milliseconds without work after which one ends. */
  readonly idleMs: number
}

/** A thread that was lent; it is given back by `end`, and ends itself unless it is `reusable`. */
export interface LentThread {
  readonly worker: Worker
  end(reusable: boolean): void
}

/** Megabytes of a thread's own heap, where texts pass through; the sandbox's memory is beside it. */
const heapMb = 192

/** A few threads, lent to one caller at a time; each starts when it is first needed. */
export class Threads {
  readonly #options: ThreadOptions
  readonly #turns: Turns
  readonly #all = new Set<Worker>()
  readonly #idle = new Map<Worker, NodeJS.Timeout>()
  #closed = false

  constructor(options: ThreadOptions) {
    this.#options = options
    const queue = { most: options.maxWaiting, tooMany: unavailable }
    this.#turns = createTurns({ atOnce: options.count, queue })
  }

  /**
   * A started thread, in the owner's turn.
   * @throws Failure UNAVAILABLE when too many wait, or after `close`; the signal's reason.
   */
  async take(owner: string, signal: AbortSignal | undefined): Promise<LentThread> {
    const leave = await this.#turns.take(owner, signal)
    try {
      const worker = await this.#readyWorker()
      return { worker, end: (reusable) => void this.#takeBack(worker, reusable).then(leave) }
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Ends all threads; those who wait are refused as their turn comes, which is then at once. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(Array.from(this.#all, (worker) => worker.terminate()))
  }

  async #readyWorker(): Promise<Worker> {
    if (this.#closed) throw unavailable()
    const [ready] = this.#idle.keys()
    if (ready === undefined) return this.#start()
    this.#forget(ready)
    ready.ref()
    return ready
  }

  async #start(): Promise<Worker> {
    const worker = startWorker(this.#options.file)
    this.#all.add(worker)
    worker.once('exit', () => {
      this.#all.delete(worker)
      this.#forget(worker)
    })
    const ended = once(worker, 'exit').then(() => Promise.reject(unavailable()))
    await Promise.race([once(worker, 'message'), ended])
    return worker
  }

  async #takeBack(worker: Worker, reusable: boolean): Promise<void> {
    if (!reusable || this.#closed) {
      await worker.terminate()
      return
    }
    worker.unref()
    const end = (): void => {
      this.#forget(worker)
      void worker.terminate()
    }
    this.#idle.set(worker, setTimeout(end, this.#options.idleMs).unref())
  }

  #forget(worker: Worker): void {
    clearTimeout(this.#idle.get(worker))
    this.#idle.delete(worker)
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
