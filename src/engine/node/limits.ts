import type { Failure } from '../../core/errors.ts'

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
}

/**
 * Does work that ends with the signals and after the given time, even if it does not listen;
 * rejects with the reason of the signal that ended it. Leaves no timer behind.
 */
export async function withinLimit<T>(
  { ms, signals, late }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(late()), ms)
  const signal = AbortSignal.any([...signals, own.signal])
  let stop: (() => void) | undefined
  const ended = new Promise<never>((_resolve, reject) => {
    stop = () => reject(reasonOf(signal))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    signal.throwIfAborted()
    return await Promise.race([work(signal), ended])
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error
  } finally {
    clearTimeout(timer)
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted')
}
