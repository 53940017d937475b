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
}

/** Bytes that may wait to be read before the sender is held back. */
const mostWaiting = 65_536

/**
 * Sends one call. Rejects, and the reading of the body does, when the answer does not come or breaks
 * off, and with the signal. `undici` offers the same as a `Readable`, each of which lives until all
 * memory is gone through; every small collection took some thirty times as long with them.
 */
export function send(dispatcher: Dispatcher, call: Call, signal: AbortSignal): Promise<Answer> {
  const { origin, pathname, search } = call.url
  const { method, headers, body } = call
  return new Promise((resolve, reject) => {
    const incoming = createIncoming()
    let control: Dispatcher.DispatchController | undefined
    const leave = (): void => {
      fail(signal.reason)
      control?.abort(signal.reason)
    }
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', leave)
      if (body instanceof Readable) body.destroy()
      reject(error)
      incoming.fail(error)
    }
    if (signal.aborted) return fail(signal.reason)
    signal.addEventListener('abort', leave)
    return dispatcher.dispatch(
      { origin, path: pathname + search, method, headers, body },
      {
        onRequestStart(controller) {
          control = controller
          if (signal.aborted) controller.abort(signal.reason)
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
        onResponseError: (_controller, error) => fail(error),
      },
    )
  })
}

/** Bytes of a body nobody wants that are read all the same, so that its connection can be used again. */
const mostDrained = 131_072

/** Reads a body away, or hangs up on one that is long. */
export async function drain(body: Body): Promise<void> {
  let left = mostDrained
  for (let read = await body.next(); read.value !== undefined; read = await body.next()) {
    left -= read.value.byteLength
    if (left < 0) return void body.return()
  }
}

interface Incoming {
  begin(controller: Dispatcher.DispatchController): void
  push(chunk: Uint8Array): void
  end(): void
  fail(error: unknown): void
  readonly body: Body
}

function createIncoming(): Incoming {
  let waiting: Uint8Array[] = []
  let size = 0
  let isOver = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => undefined
  let control: Dispatcher.DispatchController | undefined
  const over = { done: true, value: undefined } as const
  const body: Body = {
    async next() {
      if (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      const [first, ...others] = waiting
      if (first === undefined) {
        if (failure) throw failure.error
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
      failure ??= { error }
      isOver = true
      wake()
    },
  }
}
