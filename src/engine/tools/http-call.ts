import { Failure } from '../../core/errors.ts'
import { isRecord } from '../text/paths.ts'

export interface HttpCall {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  /** Sent as JSON unless it is text. */
  readonly body?: unknown
  readonly signal: AbortSignal
}

/**
 * One call of a tool, by the guarded fetch; the answer's text.
 * @throws Failure UPSTREAM with the status and the beginning of what was said.
 */
export async function callHttp(fetch: typeof globalThis.fetch, call: HttpCall): Promise<string> {
  const url = addressOf(call)
  const { body } = call
  const hasType = Object.keys(call.headers).some((name) => name.toLowerCase() === 'content-type')
  const type = body === undefined || hasType ? {} : { 'content-type': 'application/json' }
  const response = await fetch(url, {
    method: call.method,
    headers: { ...type, ...call.headers },
    signal: call.signal,
    ...(body === undefined ? {} : { body: plain(body) }),
  })
  const text = await response.text()
  if (response.ok) return text
  const words = text.trim().slice(0, 300)
  throw new Failure('UPSTREAM', `${url.host} answered ${response.status}: ${words}`)
}

/** Where a call goes, its query included. @throws Failure UNPROCESSABLE for what is no URL. */
export function addressOf({ url: written, query }: Pick<HttpCall, 'url' | 'query'>): URL {
  if (!URL.canParse(written)) {
    throw new Failure('UNPROCESSABLE', 'The address to call is not a URL.')
  }
  const url = new URL(written)
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, plain(value))
  }
  return url
}

/** Headers out of what a node's input holds: an object, or a list of `{key, value}`. */
export function headersFrom(value: unknown): Record<string, string> {
  const pairs = Array.isArray(value)
    ? value.filter(isRecord).map(({ key, value: content }) => [key, content] as const)
    : Object.entries(isRecord(value) ? value : {})
  const texts = pairs.filter(([key, content]) => key !== '' && content !== undefined)
  return Object.fromEntries(texts.map(([key, content]) => [String(key), plain(content)]))
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
