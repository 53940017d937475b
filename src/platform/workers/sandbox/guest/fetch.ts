import type { AbortSignal } from './abort.ts'
import { ask, expose, type Outgoing, pack, type Pair, pairsOf, textOf, unpack } from './border.ts'
import type { Driver } from './driver.ts'
import { URLSearchParams } from './url.ts'

/** What the thread tells of an answer; the body stays there until it is read. */
export interface Answer {
  readonly id: number
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: readonly Pair[]
}

export interface Init {
  readonly method?: unknown
  readonly headers?: unknown
  readonly body?: unknown
  readonly signal?: AbortSignal | null
}

export type Fetch = (input: unknown, init?: Init) => Promise<Response>

export class Headers {
  readonly #values = new Map<string, string>()

  constructor(init?: unknown) {
    for (const [name, value] of pairsOf(init)) this.append(name, value)
  }

  append(name: string, value: unknown): void {
    const old = this.get(name)
    this.set(name, old === null ? value : `${old}, ${String(value)}`)
  }

  set(name: string, value: unknown): void {
    this.#values.set(name.toLowerCase(), String(value))
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase())
  }

  forEach(call: (value: string, name: string) => void): void {
    for (const [name, value] of this.#values) call(value, name)
  }

  keys(): Iterator<string> {
    return this.#values.keys()
  }

  values(): Iterator<string> {
    return this.#values.values()
  }

  entries(): Iterator<Pair> {
    return this.#values.entries()
  }

  [Symbol.iterator](): Iterator<Pair> {
    return this.#values.entries()
  }
}

export class Response {
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly url: string
  readonly redirected: boolean
  readonly headers: Headers
  readonly #id: number

  constructor(answer: Answer) {
    this.status = answer.status
    this.statusText = answer.statusText
    this.ok = answer.status >= 200 && answer.status < 300
    this.url = answer.url
    this.redirected = answer.redirected
    this.headers = new Headers(answer.headers)
    this.#id = answer.id
  }

  async text(): Promise<string> {
    return ask('body', { id: this.#id, packed: false })
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return unpack(ask('body', { id: this.#id, packed: true }))
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer } = await this.bytes()
    return buffer
  }

  clone(): Response {
    return this
  }
}

export function outgoing(input: unknown, init: Init): Outgoing {
  const headers = new Headers(init.headers)
  const { body } = init
  const request = { url: String(input), method: textOf(init.method ?? 'GET').toUpperCase() }
  if (body === undefined || body === null) return { ...request, headers: [...headers] }
  if (typeof body === 'object' && body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  const packed = body instanceof ArrayBuffer || ArrayBuffer.isView(body)
  const text = packed ? pack(body) : textOf(body)
  return { ...request, headers: [...headers], body: { text, packed } }
}

/** Makes `fetch` global; returns it with the thread's way to end a request. */
export function installFetch(): { fetch: Fetch; settle: Driver['settle'] } {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }>()

  const fetch = async (input: unknown, init: Init = {}): Promise<Response> => {
    const { signal } = init
    signal?.throwIfAborted()
    const id = ask('fetch', outgoing(input, init))
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
    return new Response(answer)
  }
  expose({ fetch, Headers, Response })

  const settle: Driver['settle'] = (id, json, message) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (message === '') call?.resolve(JSON.parse(json))
    else call?.reject(new TypeError(message))
  }
  return { fetch, settle }
}
