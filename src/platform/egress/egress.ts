import { Agent, buildConnector } from 'undici'
import { Failure } from '../../core/errors.ts'
import { startWatch } from '../../core/watch.ts'
import { readableAnswer } from './answer.ts'
import { readCall, redirected, redirectTarget } from './call.ts'
import { createGuard, type EgressGuard, type Resolve } from './guard.ts'
import { normalHost, type Target } from './rules.ts'
import { drain, send, type Answer, type Call } from './send.ts'

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

const maxRedirects = 3

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

  const follow = async (first: Call, signal: AbortSignal): Promise<Answer> => {
    let call = first
    for (let hops = 0; ; hops += 1) {
      const { url } = call
      guard.checkLiteral(targetOf(url))
      const answer = await send(agent, call, signal)
      const next = redirectTarget(answer, url)
      if (next === undefined) return answer
      await drain(answer.body)
      if (hops >= maxRedirects) {
        throw new Failure('UPSTREAM', `${url.host} redirected more than ${maxRedirects} times.`)
      }
      call = redirected(call, { to: next, status: answer.statusCode })
    }
  }

  const guardedFetch: typeof globalThis.fetch = async (input, init) => {
    const { call, signal: outer } = await readCall(input, init)
    const { host } = call.url
    const watch = startWatch(outer ? [outer] : [], {
      ms: timeoutMs,
      late: () => new Failure('TIMEOUT', `${host} took longer than ${timeoutMs / 1000} s.`),
    })
    const failureOf = (error: unknown): unknown =>
      watch.signal.aborted ? watch.signal.reason : translate(error, host)
    try {
      const answer = await follow(call, watch.signal)
      return readableAnswer(answer, { host, maxBytes, failureOf, ended: watch.stop })
    } catch (error) {
      watch.stop()
      throw failureOf(error)
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

/** Our own refusal out of the wrapping of undici, or one sentence on why the host is not there. */
function translate(error: unknown, host: string): Failure {
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
