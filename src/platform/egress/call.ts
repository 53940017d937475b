import { Readable } from 'node:stream'
import { Failure } from '../../core/errors.ts'
import type { Answer, Call } from './send.ts'

/** Headers that carry no secret, and so may follow a redirect to another origin. */
const harmlessHeaders = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'user-agent',
])

/** Some, as GitHub, answer nobody who does not say who asks. */
const ownHeaders = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br',
  'user-agent': 'flowgate',
}

/** What `fetch` was asked. @throws Failure UPSTREAM for an address that is no URL. */
export async function readCall(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<{ readonly call: Call; readonly signal: AbortSignal | undefined }> {
  const asked = input instanceof Request ? requestParts(input) : {}
  const { method = 'GET', headers: given, body, signal }: RequestInit = { ...asked, ...init }
  const address = input instanceof Request ? input.url : input.toString()
  const url = URL.parse(address)
  if (url === null) throw new Failure('UPSTREAM', 'The address to call is not a URL.')
  const headers = { ...ownHeaders, ...plainHeaders(given) }
  const sent = await bodyOf(body ?? null, headers)
  return {
    call: { url, method: method.toUpperCase(), headers, body: sent },
    signal: signal ?? undefined,
  }
}

/** Where an answer sends the caller on to. @throws Failure UPSTREAM for what is no URL, or no longer https. */
export function redirectTarget(answer: Answer, from: URL): URL | undefined {
  const { location } = answer.headers
  const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode)
  if (!isRedirect || typeof location !== 'string') return undefined
  if (!URL.canParse(location, from.href)) {
    throw new Failure('UPSTREAM', `${from.host} redirected to something that is no URL.`)
  }
  const to = new URL(location, from.href)
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new Failure('UPSTREAM', `${from.host} redirected from https to http.`)
  }
  return to
}

/** The same call at the next address, without what is not for a stranger. */
export function redirected(call: Call, { to, status }: { to: URL; status: number }): Call {
  const { url: from, method, headers, body } = call
  const toGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST')
  if (!toGet && body instanceof Readable) {
    throw new Failure('UPSTREAM', `${from.host} redirected a body that cannot be sent again.`)
  }
  const isSameOrigin = from.origin === to.origin
  const kept = Object.entries(headers).filter(
    ([name]) =>
      (isSameOrigin || harmlessHeaders.has(name)) && !(toGet && name.startsWith('content-')),
  )
  return {
    url: to,
    method: toGet ? 'GET' : method,
    headers: Object.fromEntries(kept),
    body: toGet ? null : body,
  }
}

function requestParts({ method, headers, body, signal }: Request): RequestInit {
  return { method, headers, body, signal }
}

/**
 * What `Headers` makes of them; for those that are well-formed already without it, for it is slow. Throws TypeError for what is no header.
 */
function plainHeaders(given: RequestInit['headers'] = {}): Record<string, string> {
  const pairs = Symbol.iterator in given ? [] : Object.entries<string>(given)
  const isPlain = pairs.every(([name, value]) => plainName.test(name) && plainValue.test(value))
  return Object.fromEntries(pairs.length > 0 && isPlain ? pairs : new Headers(given))
}

const plainName = /^[a-z-]+$/
const plainValue = /^[!-~]+(?: [!-~]+)*$/

/** Sets the type of a body that has one, unless the caller did. */
async function bodyOf(
  body: RequestInit['body'],
  headers: Record<string, string>,
): Promise<Call['body']> {
  if (body === null || body === undefined || body instanceof Uint8Array) return body ?? null
  if (body instanceof ReadableStream) return Readable.from(body, { objectMode: false })
  if (typeof body === 'string' && 'content-type' in headers) return body
  const read = new Response(body)
  const type = read.headers.get('content-type')
  if (type !== null) headers['content-type'] ??= type
  return new Uint8Array(await read.arrayBuffer())
}
