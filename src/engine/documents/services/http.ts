import { setTimeout as wait } from 'node:timers/promises'
import type { z } from 'zod'
import { Failure } from '../../../core/errors.ts'
import { dig, parseJson } from '../../text/paths.ts'

/** How a service is reached. */
export interface Reach {
  /** Begins the sentences of refusals. */
  readonly who: string
  readonly fetch: typeof globalThis.fetch
  readonly headers: Readonly<Record<string, string>>
}

export interface ServiceCall<T> {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** What is read of the answer. */
  readonly answer: z.ZodType<T>
  readonly signal: AbortSignal
}

const retries = 2
const firstPauseMs = 500
/** A service that wants to be left alone for longer has failed. */
const longestPauseMs = 30_000

/**
 * One call of a service, by the guarded fetch. A busy or broken one is asked again, after the pause
 * that it asks for: every call of ours can be repeated.
 * @throws Failure UPSTREAM with the status and the service's own words, TIMEOUT.
 */
export async function callAt<T>(reach: Reach, call: ServiceCall<T>): Promise<T> {
  return readAnswer(reach, call, await answered(reach, call))
}

/** The same; undefined when it answers 404. */
export async function findAt<T>(reach: Reach, call: ServiceCall<T>): Promise<T | undefined> {
  const said = await answered(reach, call)
  return said.response.status === 404 ? undefined : readAnswer(reach, call, said)
}

interface Answered {
  readonly response: Response
  readonly text: string
}

async function answered(reach: Reach, call: ServiceCall<unknown>): Promise<Answered> {
  for (let tries = 0; ; tries += 1) {
    const said = await send(reach, call)
    const pauseMs = pauseAfter(said.response, tries)
    if (pauseMs === undefined) return said
    await wait(pauseMs, undefined, { signal: call.signal }).catch(() => undefined)
    call.signal.throwIfAborted()
  }
}

async function send(
  { who, fetch, headers }: Reach,
  { method, url, body, signal }: ServiceCall<unknown>,
): Promise<Answered> {
  try {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...type, ...headers },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { response, text: await response.text() }
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error
    throw new Failure(error.code, `${who} failed: ${error.message}`)
  }
}

/** How long to wait for another try; undefined for none. */
function pauseAfter({ status, headers }: Response, tries: number): number | undefined {
  if ((status !== 429 && status < 500) || tries >= retries) return undefined
  const asked = headers.get('retry-after')
  if (asked === null) return firstPauseMs * 2 ** tries
  const ms = /^\d+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - Date.now()
  if (ms > longestPauseMs) return undefined
  return Number.isNaN(ms) ? firstPauseMs : Math.max(0, ms)
}

function readAnswer<T>(
  { who }: Reach,
  { answer }: ServiceCall<T>,
  { response, text }: Answered,
): T {
  if (!response.ok) {
    throw new Failure('UPSTREAM', `${who} answered ${response.status}: ${wordsIn(text)}`)
  }
  const read = answer.safeParse(parseJson(text))
  if (read.success) return read.data
  throw new Failure('UPSTREAM', `${who} gave an answer that cannot be read.`)
}

const places = [['message'], ['error', 'message'], ['status', 'error'], ['error'], ['detail']]

/** What a service says of a failure, wherever it says it. */
function wordsIn(text: string): string {
  const said = parseJson(text)
  const words = places.map((path) => dig(said, path))
  const found = words.find((value): value is string => typeof value === 'string' && value !== '')
  return (found ?? text).trim().slice(0, 300)
}
