import type { Worker } from 'node:worker_threads'
import type { EndMessage, FetchAnswer, FetchMessage, FromThread, RunMessage } from './messages.ts'

export interface Partner {
  readonly bridge: (message: FetchMessage) => Promise<FetchAnswer>
  readonly signal: AbortSignal | undefined
}

/** What a thread may be late with its own verdict before it is stopped from outside. */
const graceMs = 25

/**
 * One run, seen from the main thread: sends the job, performs the requests, awaits the end. The
 * thread may be used again when the end says so, and must end when this rejects (with the
 * signal's reason).
 */
export async function converse(
  worker: Worker,
  job: RunMessage,
  { bridge, signal }: Partner,
): Promise<EndMessage> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<EndMessage>()
  let isOpen = true
  const answer = async (message: FetchMessage): Promise<void> => {
    const fetched = await bridge(message)
    if (isOpen) worker.postMessage({ kind: 'fetched', id: message.id, answer: fetched }, [])
  }
  const hear = (message: FromThread): void => {
    if (message.kind === 'fetch') void answer(message)
    if (message.kind === 'end') resolve(message)
  }
  const stop = (ending: EndMessage['ending']) => (): void =>
    resolve({ kind: 'end', ending, spent: true })
  const crash = (error: Error & { code?: string }): void => {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    stop(isFull ? { kind: 'memory' } : { kind: 'broken', message: String(error) })()
  }
  const gone = stop({ kind: 'gone' })
  const abort = (): void => reject(signal?.reason)

  const timer = setTimeout(stop({ kind: 'timeout' }), job.limitMs + graceMs)
  worker.on('message', hear).on('error', crash).on('exit', gone)
  signal?.addEventListener('abort', abort)
  try {
    worker.postMessage(job, [])
    return await promise
  } finally {
    isOpen = false
    clearTimeout(timer)
    worker.off('message', hear).off('error', crash).off('exit', gone)
    signal?.removeEventListener('abort', abort)
  }
}
