import {
  Agent,
  buildConnector,
  fetch as undiciFetch,
  type RequestInit as UndiciInit,
  type Response as UndiciResponse,
} from 'undici'
import { Failure } from '../core/errors.ts'
import { createGuard, type EgressGuard, type Resolve } from './egress-guard.ts'
import { normalHost, type Target } from './egress-rules.ts'

export interface EgressOptions {
  /** `EGRESS_ALLOW`: a host, address or CIDR each, with an optional `:port`. */
  readonly allow: readonly string[]
  readonly resolve?: Resolve
  /** Ports of public hosts that need no entry. */
  readonly ports?: readonly number[]
  /** Milliseconds from the call to the last byte of the body. */
  readonly timeoutMs?: number
  /** Bytes of a body, after decompression. */
  readonly maxBytes?: number
}

export interface Egress {
  readonly fetch: typeof globalThis.fetch
  /** Ends every connection at once. */
  close(): Promise<void>
}

interface Call {
  readonly method: string
  readonly headers: Headers
  readonly body: RequestInit['body']
}

const maxRedirects = 3
/** Headers that carry no secret, and so may follow a redirect to another origin. */
const harmlessHeaders = new Set(['accept', 'accept-language', 'content-type', 'user-agent'])
/** What a body read through us no longer fits, or what is between the server and us only. */
const droppedResponseHeaders = ['set-cookie', 'content-encoding', 'content-length']

/**
 * The one way out of the server. Every address a host name has is checked before a socket opens,
 * and the socket opens to a checked address, so a name that changes its mind gains nothing.
 * `fetch` throws `Failure` UPSTREAM (refused, unreachable, too large) or TIMEOUT, never with a
 * path or query in the message; an abort by the caller rejects with the signal's own reason.
 * @throws Error when an entry of `allow` is malformed.
 */
export function createEgress(options: EgressOptions): Egress {
  const { timeoutMs = 120_000, maxBytes = 25 * 1024 * 1024, ports = [80, 443] } = options
  const guard = createGuard({ allow: options.allow, ports, resolve: options.resolve })
  const agent = new Agent({ connect: guardedConnector(guard) })

  const follow = async (first: URL, call: Call, signal: AbortSignal): Promise<UndiciResponse> => {
    let url = first
    let current = call
    for (let hops = 0; ; hops += 1) {
      guard.checkLiteral(targetOf(url))
      const response = await send(url, current, { agent, signal })
      const next = redirectTarget(response, url)
      if (next === undefined) return response
      await response.body?.cancel()
      if (hops >= maxRedirects) {
        throw new Failure('UPSTREAM', `${url.host} redirected more than ${maxRedirects} times.`)
      }
      current = redirected(current, { from: url, to: next, status: response.status })
      url = next
    }
  }

  const guardedFetch: typeof globalThis.fetch = async (input, init) => {
    const { url, call, signal: outer } = readCall(input, init)
    const watch = startWatch(url, { outer, timeoutMs })
    try {
      const response = await follow(url, call, watch.signal)
      return capped(response, { host: url.host, maxBytes, watch })
    } catch (error) {
      watch.stop()
      throw watch.signal.aborted ? watch.signal.reason : translate(error, url)
    }
  }
  return { fetch: guardedFetch, close: () => agent.destroy() }
}

/** Opens sockets only to addresses that passed; the look-up that is checked is the one used. */
function guardedConnector(guard: EgressGuard): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
    const how = { lookup: guard.lookup(port), autoSelectFamily: true, timeout: 10_000 }
    buildConnector(how)(options, callback)
  }
}

function targetOf(url: URL): Target {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure('UPSTREAM', 'Only http and https addresses can be called.')
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('UPSTREAM', `The address of ${url.host} must not carry a password.`)
  }
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { hostname: normalHost(url.hostname), port }
}

function readCall(
  input: string | URL | Request,
  init: RequestInit | undefined,
): { url: URL; call: Call; signal: AbortSignal | undefined } {
  const asked = input instanceof Request ? requestParts(input) : {}
  const { method = 'GET', headers, body = null, signal }: RequestInit = { ...asked, ...init }
  const address = input instanceof Request ? input.url : input.toString()
  if (!URL.canParse(address)) throw new Failure('UPSTREAM', 'The address to call is not a URL.')
  return {
    url: new URL(address),
    call: { method: method.toUpperCase(), headers: new Headers(headers), body },
    signal: signal ?? undefined,
  }
}

function requestParts({ method, headers, body, signal }: Request): RequestInit {
  return { method, headers, body, signal }
}

async function send(
  url: URL,
  call: Call,
  { agent, signal }: { agent: Agent; signal: AbortSignal },
): Promise<UndiciResponse> {
  const init: UndiciInit = {
    method: call.method,
    headers: [...call.headers],
    redirect: 'manual',
    dispatcher: agent,
    signal,
  }
  // The same web types, declared once by undici and once by Node.
  if (call.body) init.body = call.body as NonNullable<UndiciInit['body']>
  if (call.body instanceof ReadableStream) init.duplex = 'half'
  return undiciFetch(url, init)
}

function redirectTarget(response: UndiciResponse, from: URL): URL | undefined {
  const location = response.headers.get('location')
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined
  if (!URL.canParse(location, from.href)) {
    throw new Failure('UPSTREAM', `${from.host} redirected to something that is no URL.`)
  }
  const to = new URL(location, from.href)
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new Failure('UPSTREAM', `${from.host} redirected from https to http.`)
  }
  return to
}

function redirected(call: Call, hop: { from: URL; to: URL; status: number }): Call {
  const toGet =
    (hop.status === 303 && call.method !== 'HEAD') || (hop.status < 303 && call.method === 'POST')
  if (!toGet && call.body instanceof ReadableStream) {
    throw new Failure('UPSTREAM', `${hop.from.host} redirected a body that cannot be sent again.`)
  }
  const sameOrigin = hop.from.origin === hop.to.origin
  const kept = [...call.headers].filter(
    ([name]) =>
      (sameOrigin || harmlessHeaders.has(name)) && !(toGet && name.startsWith('content-')),
  )
  return {
    method: toGet ? 'GET' : call.method,
    headers: new Headers(kept),
    body: toGet ? null : call.body,
  }
}

interface Watch {
  readonly signal: AbortSignal
  stop(): void
}

/** Joins the caller's signal with our time limit; `stop` leaves no timer behind. */
function startWatch(
  url: URL,
  { outer, timeoutMs }: { outer: AbortSignal | undefined; timeoutMs: number },
): Watch {
  const limit = new AbortController()
  const timer = setTimeout(() => {
    limit.abort(new Failure('TIMEOUT', `${url.host} took longer than ${timeoutMs / 1000} s.`))
  }, timeoutMs)
  const signal = outer === undefined ? limit.signal : AbortSignal.any([outer, limit.signal])
  return { signal, stop: () => clearTimeout(timer) }
}

/** The response with its body counted, and without headers that no longer fit it. */
function capped(
  response: UndiciResponse,
  { host, maxBytes, watch }: { host: string; maxBytes: number; watch: Watch },
): Response {
  const headers = new Headers([...response.headers])
  for (const name of droppedResponseHeaders) headers.delete(name)
  const shape = { status: response.status, statusText: response.statusText, headers }
  if (response.body === null) {
    watch.stop()
    return new Response(null, shape)
  }
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  let size = 0
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read()
        size += value?.byteLength ?? 0
        if (size > maxBytes) throw new Failure('UPSTREAM', `${host} sent more than allowed.`)
        if (value !== undefined) controller.enqueue(value)
        if (done) controller.close()
        if (done) watch.stop()
      } catch (error) {
        watch.stop()
        await reader.cancel().catch(() => undefined)
        throw watch.signal.aborted ? watch.signal.reason : translate(error, { host })
      }
    },
    cancel: async (reason) => {
      watch.stop()
      await reader.cancel(reason)
    },
  })
  return new Response(body, shape)
}

/** Our own refusal out of the wrapping of undici, or one sentence on why the host is not there. */
function translate(error: unknown, { host }: { host: string }): Failure {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof Failure) return at
  }
  const code = /^[A-Z][A-Z0-9_]+$/.exec(networkCode(error))?.[0]
  return new Failure('UPSTREAM', `${host} could not be reached${code ? ` (${code})` : ''}.`)
}

function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const own = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return own === '' ? networkCode(error.cause) : own
}
