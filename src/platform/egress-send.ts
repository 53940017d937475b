import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

/** One request, as it is sent. */
export interface Call {
  readonly url: URL
  readonly method: string
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | Readable | null
}

/** An answer whose body is yet to be read. */
export interface Answer {
  readonly statusCode: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  readonly body: Body
}

/** What there is of a body, as it comes; whoever stops reading before the end hangs up. */
export interface Body {
  next(): Promise<IteratorResult<Uint8Array, undefined>>
  return(): Promise<IteratorResult<Uint8Array, undefined>>
  [Symbol.asyncIterator](): Body
}

/** Bytes that may wait to be read before the sender is held back. */
const mostWaiting = 65_536

/**
 * Sends one call. Rejects, and the reading of the body does, when the answer does not come or breaks
 * off, and with the signal. `undici` offers the same as a `Readable`, each of which lives until all
 * memory is gone through: that cost more than the call itself.
 */
export function send(dispatcher: Dispatcher, call: Call, signal: AbortSignal): Promise<Answer> {
  const { origin, pathname, search } = call.url
  const { method, headers, body } = call
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const incoming = createIncoming()
    let leave = (): void => undefined
    dispatcher.dispatch(
      { origin, path: pathname + search, method, headers, body },
      {
        onRequestStart(controller) {
          leave = () => controller.abort(signal.reason)
          if (signal.aborted) leave()
          else signal.addEventListener('abort', leave)
        },
        onResponseStart(...[controller, statusCode, answered, statusText = '']) {
          // What comes before the answer itself says nothing.
          if (statusCode < 200) return
          incoming.begin(controller)
          resolve({ statusCode, statusText, headers: answered, body: incoming.body })
        },
        onResponseData: (_controller, chunk) => incoming.push(chunk),
        onResponseEnd() {
          signal.removeEventListener('abort', leave)
          incoming.end()
        },
        onResponseError(_controller, error) {
          signal.removeEventListener('abort', leave)
          if (body instanceof Readable) body.destroy()
          reject(error)
          incoming.fail(error)
        },
      },
    )
  })
}

/** Bytes of a body nobody wants that are read all the same, so that its connection can be used again. */
const mostDrained = 131_072

/** Reads a body away, or hangs up on one that is long. */
export async function drain(body: Body): Promise<void> {
  let left = mostDrained
  for await (const chunk of body) {
    left -= chunk.byteLength
    if (left < 0) return
  }
}

interface Incoming {
  begin(controller: Dispatcher.DispatchController): void
  push(chunk: Uint8Array): void
  end(): void
  fail(error: Error): void
  readonly body: Body
}

function createIncoming(): Incoming {
  let waiting: Uint8Array[] = []
  let size = 0
  let isOver = false
  let failure: Error | undefined
  let wake = (): void => undefined
  let control: Dispatcher.DispatchController | undefined
  const over = { done: true, value: undefined } as const
  const body: Body = {
    async next() {
      if (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      const [first, ...others] = waiting
      if (first === undefined) {
        if (failure) throw failure
        return over
      }
      waiting = []
      size = 0
      control?.resume()
      // What came in one packet is read at once.
      return { done: false, value: others.length === 0 ? first : Buffer.concat([first, ...others]) }
    },
    async return() {
      waiting = []
      if (!isOver) control?.abort(new Error('The answer is not read to its end.'))
      return over
    },
    [Symbol.asyncIterator]: () => body,
  }
  return {
    body,
    begin(controller) {
      control = controller
    },
    push(chunk) {
      waiting.push(chunk)
      size += chunk.byteLength
      if (size >= mostWaiting) control?.pause()
      wake()
    },
    end() {
      isOver = true
      wake()
    },
    fail(error) {
      failure = error
      isOver = true
      wake()
    },
  }
}
