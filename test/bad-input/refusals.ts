import { expect } from 'vitest'
import { schema } from '../../src/schema.ts'
import type { TestApp } from '../harness.ts'
import { callGraphql, operationsOf, sampleArgs } from '../security/operations.ts'

export const operations = operationsOf(schema)

export interface RawRequest {
  readonly method: string
  /** Path and query string, byte for byte. */
  readonly target: string
  readonly token?: string | null
  readonly body?: string | Uint8Array | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Sends what `Request` would tidy up first: dots, odd escapes, empty segments. */
export async function send(app: TestApp, request: RawRequest): Promise<RawAnswer> {
  const { method, target, token, body = null, headers } = request
  const { signal } = new AbortController()
  const answer = await app.app.handle({
    method,
    target,
    headers: {
      ...(token != null && { authorization: `Bearer ${token}` }),
      ...(body !== null && { 'content-type': 'application/json' }),
      ...headers,
    },
    peer: '192.0.2.1',
    body: body === null ? null : once(typeof body === 'string' ? Buffer.from(body) : body),
    signal,
  })
  return { ...answer, text: typeof answer.body === 'string' ? answer.body : '' }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Words of the inside that no caller reads. */
const inside =
  /node_modules|\.[cm]?ts:\d|\bat \w+ \(|\/(?:work|home|usr|tmp|root)\/|\bselect\b.*\bfrom\b|insert into|syntax error at|invalid input syntax|invalid byte|\b22\w{3}\b|TypeError|RangeError|undefined|\[object/i

/** A refusal as every client may rely on: the right 4xx, one sentence, the request's id, no more. */
export function expectRefusal(answer: RawAnswer, statuses: readonly number[], what = ''): void {
  const { status, text } = answer
  expect(statuses, `${what}: ${text.slice(0, 300)}`).toContain(status)
  const body = JSON.parse(text) as Readonly<Record<string, unknown>>
  expect(body).toMatchObject({
    statusCode: status,
    success: false,
    code: expect.stringMatching(/^[A-Z_]+$/),
    requestId: answer.headers['x-request-id'],
  })
  expectSentence(body['message'])
}

export function expectSentence(message: unknown): void {
  expect(message).toMatch(/^[^\n]{8,400}[.!)]$/)
  expect(message).not.toMatch(inside)
}

/** All that can be listed, as text; what is written down about calls apart. */
export async function stateOf(app: TestApp): Promise<string> {
  const lists = operations.filter(
    (operation) =>
      operation.name.startsWith('Query.') &&
      Object.keys(sampleArgs(operation)).length === 0 &&
      !changing.has(operation.name),
  )
  const parts: string[] = []
  for (const operation of lists) {
    const { raw } = await callGraphql(app, operation, { args: {}, token: app.owner.token })
    parts.push(`${operation.name} ${raw.replaceAll(/"requestId":"[^"]*"/g, '')}`)
  }
  return parts.join('\n')
}

const changing: ReadonlySet<string> = new Set(['Query.auditLog'])

/** Nothing that was refused has left a trace. */
export async function expectUnchanged(app: TestApp, before: string): Promise<void> {
  expect(await stateOf(app)).toBe(before)
}

/** By the arguments an operation names its rows with. */
export function isIdArgument(name: string): boolean {
  return name === 'id' || name === 'userId'
}
