import { setTimeout as wait } from 'node:timers/promises'

/** Values gathered by key and written together. */
export interface Batch<K, V> {
  /** Never waits and never throws. */
  add(key: K, value: V): void
  /** Writes what is there, after a write that is under way. Rejects when the write failed. */
  flush(): Promise<void>
  /**
   * Writes what is left, three attempts at most.
   * Rejects with the last error when they all failed. What is added later is reported and lost.
   */
  close(): Promise<void>
}

export interface BatchOptions<K, V> {
  readonly intervalMs: number
  /** Keys that make a write before the interval is over. */
  readonly maxKeys: number
  /** Makes one value of two for the same key, the earlier one first. */
  merge(earlier: V, later: V): V
  /** Writes all or nothing: when it rejects, its entries are given to it again. */
  flush(entries: Map<K, V>): Promise<void>
  onError(error: unknown): void
}

const CLOSING_ATTEMPTS = 3
const CLOSING_PAUSE_MS = 200

/** Nothing is lost while the process lives, and there is never more than one write at a time. */
export function createBatch<K, V>(options: BatchOptions<K, V>): Batch<K, V> {
  const store = createStore(options)
  let isEarlyDue = true
  let isClosed = false

  const flushInBackground = async () => {
    try {
      await store.flush()
      isEarlyDue = true
    } catch (error) {
      options.onError(error)
    }
  }
  const timer = setInterval(() => void flushInBackground(), options.intervalMs)
  timer.unref()

  return {
    flush: () => store.flush(),
    add(key, value) {
      if (isClosed) {
        options.onError(new Error('A value came after the batch was closed'))
        return
      }
      store.put(key, value)
      // Once until a write succeeds: a failing one is left to the interval.
      if (store.size() < options.maxKeys || !isEarlyDue) return
      isEarlyDue = false
      void flushInBackground()
    },
    async close() {
      isClosed = true
      clearInterval(timer)
      for (let attempt = 1; attempt < CLOSING_ATTEMPTS; attempt += 1) {
        try {
          return await store.flush()
        } catch (error) {
          options.onError(error)
          await wait(CLOSING_PAUSE_MS * attempt)
        }
      }
      await store.flush()
    },
  }
}

function createStore<K, V>(options: BatchOptions<K, V>) {
  let entries = new Map<K, V>()
  let writing: Promise<void> = Promise.resolve()

  const put = (key: K, value: V) => {
    const earlier = entries.get(key)
    entries.set(key, earlier === undefined ? value : options.merge(earlier, value))
  }

  const write = async () => {
    if (entries.size === 0) return
    const taken = entries
    entries = new Map()
    try {
      // A copy: what the writer does to its map must not change what is put back.
      await options.flush(new Map(taken))
    } catch (error) {
      const newer = entries
      entries = taken
      for (const [key, value] of newer) put(key, value)
      throw error
    }
  }

  const flush = (): Promise<void> => {
    const next = writing.then(write)
    writing = next.catch(() => undefined)
    return next
  }

  return { put, flush, size: () => entries.size }
}
