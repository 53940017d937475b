import { Buffer } from 'node:buffer'
import { Failure } from '../../../core/errors.ts'
import type { FetchAnswer, FetchMessage } from './messages.ts'

export interface BridgeOptions {
  readonly fetch: typeof globalThis.fetch
  readonly maxFetches: number
  /** Aborts when the run is over. */
  readonly signal: AbortSignal
}

/** Bytes of all answers of a run: they are held by its thread, outside of the capped memory. */
const maxReceived = 16 * 1024 * 1024

/** Performs the requests of one run in the main thread. The result never rejects. */
export function createBridge(
  options: BridgeOptions,
): (asked: FetchMessage) => Promise<FetchAnswer> {
  const { fetch, maxFetches, signal } = options
  let count = 0
  let received = 0
  const read = async (response: Response): Promise<Uint8Array> => {
    const parts: Uint8Array[] = []
    for await (const part of response.body ?? []) {
      received += part.length
      if (received > maxReceived) {
        throw new TypeError(`The answers of a run are larger than ${maxReceived} bytes.`)
      }
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  return async ({ url, method, headers, body }) => {
    count += 1
    if (count > maxFetches) return refusal(`A run makes at most ${maxFetches} requests.`)
    try {
      const init: RequestInit = { method, headers: [...headers], signal }
      if (body !== undefined) init.body = body
      const response = await fetch(url, init)
      return {
        status: response.status,
        statusText: response.statusText,
        url: response.url,
        redirected: response.redirected,
        headers: [...response.headers],
        body: await read(response),
        error: '',
      }
    } catch (error) {
      // Others than these two may tell of the inside of the server.
      const isTellable = error instanceof Failure || error instanceof TypeError
      return refusal(isTellable ? error.message : 'The request failed.')
    }
  }
}

function refusal(error: string): FetchAnswer {
  const nothing = { status: 0, statusText: '', url: '', redirected: false }
  return { ...nothing, headers: [], body: new Uint8Array(), error }
}
