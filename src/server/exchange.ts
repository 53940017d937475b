import type { Caller } from '../core/caller.ts'
import type { Uploads } from '../platform/spool.ts'
import type { Answer } from '../rest/answer.ts'

/** What a client sends, before anything is made of it. */
export interface Incoming {
  readonly method: string
  /** Path and query string, as sent. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Address of whoever opened the connection. */
  readonly peer: string
  readonly body: AsyncIterable<Uint8Array> | null
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/** One request on its way through the stages, each of which fills in what it found. */
export interface Exchange extends Incoming {
  /** The target up to the query string, as sent. */
  readonly path: string
  /** What follows the question mark; empty without one. */
  readonly query: string
  requestId: string
  /** The client's address, proxies believed as configured. */
  address: string
  found: Found | null
  /** The body of a POST or PUT. */
  payload: Readonly<Record<string, unknown>>
  /** The files of a form. */
  uploads: Uploads | null
  /** Null until somebody asks. */
  caller: Caller | null
  /** What the log calls it, when that is not the route's own pattern. */
  operation: string | null
}

/** Where a path leads. */
export interface Found {
  /** Such as `/api/v1/chatflows/:id`: what logs and metrics show instead of the path. */
  readonly pattern: string
  /** Methods the path answers, as `Allow` lists them. */
  readonly allow: readonly string[]
  /** Null: not by this method. */
  readonly endpoint: Endpoint | null
  readonly params: Readonly<Record<string, string>>
  /** A chat widget on any web page may read the answer. */
  readonly widget: boolean
}

export type BodyType = 'json' | 'graphql' | 'form' | 'multipart'

/** One path and method, and what answers there. HEAD is answered by GET, OPTIONS by a stage. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly widget?: boolean
  /** Absent: a body is neither expected nor read. */
  readonly body?: {
    readonly limitBytes: number
    readonly types: readonly BodyType[]
    /** The field that the files of a form become. */
    readonly files?: string
    /** A form is a GraphQL operation with files. */
    readonly isGraphql?: boolean
  }
  answer(exchange: Exchange): Promise<Answer> | Answer
}

export type Handle = (exchange: Exchange) => Promise<Answer>

/** One stage of the way in and, after `next`, of the way back. */
export type Stage = (exchange: Exchange, next: Handle) => Promise<Answer>

export function openExchange(incoming: Incoming): Exchange {
  // RFC 9112 section 3.2.2: a server takes the absolute form too.
  const target = incoming.target.replace(/^https?:\/\/[^/?#]*/i, '')
  const mark = target.indexOf('?')
  return {
    method: incoming.method,
    target,
    headers: incoming.headers,
    peer: incoming.peer,
    body: incoming.body,
    signal: incoming.signal,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    requestId: '',
    address: incoming.peer,
    found: null,
    payload: {},
    uploads: null,
    caller: null,
    operation: null,
  }
}
