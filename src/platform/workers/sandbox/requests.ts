import { Buffer } from 'node:buffer'
import type { RunOperations } from './guest/border.ts'
import type { FetchAnswer, FetchMessage } from './messages.ts'

/** An answer as the sandbox is told it: JSON of all but the body, or an error's message. */
export interface Arrival {
  readonly id: number
  readonly json: string
  readonly error: string
}

/** The requests of one run, seen from its thread. */
export interface Requests {
  /** Sends one and returns its number. */
  readonly open: RunOperations['fetch']
  /** The answer to one; ignored when it belongs to an earlier run. */
  take(id: number, answer: FetchAnswer): void
  /** A body that has arrived, as UTF-8 or packed (one character a byte). */
  readonly body: RunOperations['body']
  /** What arrived since the last call. */
  arrivals(): readonly Arrival[]
  pending(): number
  /** Resolves at the next answer, or after so many milliseconds. */
  wait(ms: number): Promise<void>
}

/** `nextId` must return a number that no other request of this thread had. */
export function createRequests(
  send: (message: FetchMessage) => void,
  nextId: () => number,
): Requests {
  const open = new Set<number>()
  const bodies = new Map<number, Buffer>()
  let arrived: Arrival[] = []
  let wake: () => void = nothing

  return {
    open({ url, method, headers, body }) {
      const id = nextId()
      open.add(id)
      const bytes =
        body?.packed === true ? Uint8Array.from(Buffer.from(body.text, 'latin1')) : body?.text
      send({ kind: 'fetch', id, url, method, headers: [...headers], body: bytes })
      return id
    },
    take(id, { body, error, ...rest }) {
      if (!open.delete(id)) return
      bodies.set(id, Buffer.from(body.buffer, body.byteOffset, body.byteLength))
      arrived.push({ id, json: JSON.stringify({ id, ...rest }), error })
      wake()
    },
    body({ id, packed }) {
      return (bodies.get(id) ?? Buffer.alloc(0)).toString(packed ? 'latin1' : 'utf8')
    },
    arrivals() {
      const taken = arrived
      arrived = []
      return taken
    },
    pending: () => open.size,
    async wait(ms) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, ms)
      wake = resolve
      await promise
      clearTimeout(timer)
    },
  }
}

function nothing(): void {}
