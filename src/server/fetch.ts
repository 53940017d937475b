import type { Answer } from '../rest/answer.ts'
import type { Incoming } from './exchange.ts'

/** A `Request` as the stages take it. */
export function toIncoming(request: Request, peer: { readonly address: string }): Incoming {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    target: pathname + search,
    headers: Object.fromEntries(request.headers),
    peer: peer.address,
    body: request.body,
    signal: request.signal,
  }
}

export function toResponse(answer: Answer, method: string): Response {
  const { status, headers, body } = answer
  if (body === null) return new Response(null, { status, headers })
  const length = !(body instanceof ReadableStream) && {
    'content-length': String(Buffer.byteLength(body)),
  }
  const sent = method === 'HEAD' ? null : typedBody(body)
  return new Response(sent, { status, headers: { ...headers, ...length } })
}

function typedBody(body: NonNullable<Answer['body']>): BodyInit {
  return body instanceof Uint8Array ? new Uint8Array(body) : body
}
