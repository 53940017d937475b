import type { Failure } from '../../core/errors.ts'
import { startWatch } from '../../core/watch.ts'

/** Milliseconds that the parts of a run may take; the run itself is limited by its signal. */
export const limits = {
  /** Building a node that the ending node needs. */
  node: 120_000,
  tool: 60_000,
  /** A tool that is a flow of its own. */
  flowTool: 300_000,
  model: 120_000,
} as const

export interface Limit {
  readonly ms: number
  readonly signals: readonly AbortSignal[]
  /** What is thrown when the time is over. */
  readonly late: () => Failure
  /** What the work has made goes on listening to its signal, which follows the others for good. */
  readonly lasts?: boolean
}

/**
 * Does work that ends with the signals and after the given time, even if it does not listen;
 * rejects with the reason of the signal that ended it. Leaves no timer behind.
 */
export async function withinLimit<T>(
  { signals, lasts = false, ...limit }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const watch = startWatch(signals, limit)
  const { signal } = watch
  try {
    signal.throwIfAborted()
    return await new Promise<T>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true })
      work(signal).then(resolve, reject)
    })
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error
  } finally {
    if (lasts) watch.unlimit()
    else watch.stop()
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted')
}
