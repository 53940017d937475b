import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/** One request, as a fake service sees it. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Kept {
  readonly vector: readonly number[]
  readonly content: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A service over real HTTP, and what a flow needs to use it. */
export interface FakeService {
  readonly label: string
  readonly url: string
  readonly host: string
  readonly calls: Call[]
  /** What is there, by id. */
  readonly kept: () => ReadonlyMap<string, Kept>
  /** Answers in place of the service. */
  readonly state: { instead: (call: Call) => Answer | undefined; mostInFlight: number }
  readonly reset: () => void
  readonly stop: () => void
}

/** What the flows of a test say of a service. */
export interface Drawing {
  readonly start: () => Promise<FakeService>
  readonly name: string
  readonly inputs: (url: string) => Record<string, unknown>
  readonly address: string
  readonly filter: string
  /** The same as `{shop: {town}}`, in the service's own words. */
  readonly native: (town: string) => unknown
  readonly credential: (key: string) => Record<string, unknown>
  /** Whether a call writes vectors. */
  readonly writes: (call: Call) => boolean
  readonly removes: (call: Call) => boolean
}

export const serviceKey = 'service-key-0123456789abcdef'

/** Serves until it is stopped; whoever has a key must have the right one. */
export async function serve(
  label: string,
  {
    keyHeader,
    answer,
    kept,
    reset,
  }: {
    readonly keyHeader: string
    readonly answer: (call: Call) => Answer
    readonly kept: FakeService['kept']
    readonly reset: () => void
  },
): Promise<FakeService> {
  const calls: Call[] = []
  const state: FakeService['state'] = { instead: () => undefined, mostInFlight: 0 }
  let inFlight = 0
  const reply = (call: Call): Answer => {
    const key = call.headers[keyHeader]
    if (key !== undefined && key !== serviceKey) {
      return { status: 401, body: { message: `There is no key ${String(key)}.` } }
    }
    return state.instead(call) ?? answer(call)
  }
  const server = createServer((request, response) => {
    void (async () => {
      inFlight += 1
      state.mostInFlight = Math.max(state.mostInFlight, inFlight)
      const url = new URL(request.url ?? '/', 'http://fake')
      const sent = await text(request)
      const call: Call = {
        method: request.method ?? 'GET',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: sent === '' ? {} : (JSON.parse(sent) as Record<string, unknown>),
      }
      calls.push(call)
      await wait(2)
      const { status, body, headers } = reply(call)
      inFlight -= 1
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    })()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    label,
    host,
    url: `http://${host}`,
    calls,
    kept,
    state,
    reset: () => {
      calls.length = 0
      Object.assign(state, { instead: () => undefined, mostInFlight: 0 })
      reset()
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const refused = (status: number, message: string): Answer => ({ status, body: { message } })

export function cosine(a: readonly number[], b: readonly number[]): number {
  const product = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
  return product / (Math.hypot(...a) * Math.hypot(...b))
}

/** Pinecone's and Chroma's conditions, on flat metadata. */
export function holds(
  where: Readonly<Record<string, unknown>> | undefined,
  metadata: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(where ?? {}).every(([key, wanted]) => {
    if (key === '$and')
      return (wanted as Record<string, unknown>[]).every((one) => holds(one, metadata))
    const { $eq, $in } = wanted as { $eq?: unknown; $in?: readonly unknown[] }
    const has = new Set([metadata[key]].flat())
    return $in === undefined ? has.has($eq) : $in.some((value) => has.has(value))
  })
}
