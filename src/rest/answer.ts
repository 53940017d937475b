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

export interface SentFile {
  readonly name: string
  readonly mime: string
  /** Base64. */
  readonly data: string
}

/** Types that a browser may show; whatever else it is to save. */
const shown = /^(?:image\/(?:png|jpeg|gif|webp)|audio\/[\w.+-]+)$/

/** A file of a user: shown within a page, and never a page of its own. */
export function fileAnswer({ name, mime, data }: SentFile): Answer {
  const type = shown.test(mime) ? mime : 'application/octet-stream'
  return {
    status: 200,
    headers: {
      'content-type': type,
      // RFC 6266, with the name as RFC 8187 has it.
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
    },
    body: Buffer.from(data, 'base64'),
  }
}

export function withHeaders(answer: Answer, headers: AnswerHeaders): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
