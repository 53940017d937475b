/** Header names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>

/** What goes back to the client: small enough to be written without a `Response` in between. */
export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null
}

export const jsonType = 'application/json; charset=utf-8'

export function jsonAnswer(value: unknown, status = 200, headers: AnswerHeaders = {}): Answer {
  // A value JSON has no text for is null, as in a list.
  const body = JSON.stringify(value) ?? 'null'
  return { status, headers: { 'content-type': jsonType, ...headers }, body }
}

export function textAnswer(text: string, type = 'text/plain; charset=utf-8'): Answer {
  return { status: 200, headers: { 'content-type': type }, body: text }
}

export function withHeaders(answer: Answer, headers: AnswerHeaders): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
