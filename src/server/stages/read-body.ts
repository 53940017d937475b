import type { Caller } from '../../core/caller.ts'
import { Failure } from '../../core/errors.ts'
import type { Spool } from '../../platform/spool.ts'
import type { BodyType, Endpoint, Exchange, Handle, Stage } from '../exchange.ts'
import { parseJsonBody } from '../json-body.ts'
import { argumentsOf, operationOf, readForm } from '../multipart.ts'

export interface BodyParts {
  readonly spool: Spool
  /** Bytes of a form with files, from a known caller. */
  readonly uploadLimitBytes: number
  authenticate(header: string | null): Promise<Caller>
}

type Expected = NonNullable<Endpoint['body']>

const mediaTypes: Readonly<Record<string, BodyType>> = {
  'application/json': 'json',
  'application/graphql-response+json': 'graphql',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
}

/** How long a body may take; a form with files as long as pieces of it come. */
const patience = { whole: 30_000, betweenPieces: 15_000 } as const

/** Reads the body within the endpoint's limit and parses it into `payload`. */
export function readBody(parts: BodyParts): Stage {
  return async (exchange, next) => {
    const expected = exchange.found?.endpoint?.body
    if (!expected) return next(exchange)
    refuseEncoding(exchange)
    const type = bodyType(exchange.headers['content-type'])
    const isTaken = type !== null && expected.types.includes(type)
    if (type === 'multipart' && isTaken) return withFiles(exchange, next, { expected, parts })
    const bytes = await readWithin(exchange, expected.limitBytes)
    // A POST that says nothing needs no type either.
    if (bytes.length === 0) return next(exchange)
    if (!isTaken) throw unsupported(expected.types)
    exchange.payload = parsed(bytes, type)
    return next(exchange)
  }
}

function parsed(bytes: Buffer, type: BodyType): Exchange['payload'] {
  const text = decode(bytes)
  return type === 'form' ? parseForm(text) : parseJsonBody(text)
}

/** The files are there until the request is answered, or until whoever holds them lets go. */
async function withFiles(
  exchange: Exchange,
  next: Handle,
  { expected, parts }: { readonly expected: Expected; readonly parts: BodyParts },
): ReturnType<Handle> {
  if (expected.isGraphql) requirePreflight(exchange)
  const { authorization = null } = exchange.headers
  const caller = await parts.authenticate(authorization)
  const limit = caller.kind === 'anonymous' ? expected.limitBytes : parts.uploadLimitBytes
  const uploads = parts.spool.begin()
  const release = uploads.hold()
  try {
    const body = bounded(exchange, { limit, pieceMs: patience.betweenPieces })
    const form = await readForm(body, exchange.headers['content-type'] ?? '', {
      uploads,
      fieldBytes: expected.limitBytes,
    })
    exchange.uploads = uploads
    exchange.payload = expected.isGraphql
      ? operationOf(form)
      : argumentsOf(form, expected.files ?? 'files')
    return await next(exchange)
  } finally {
    await release()
  }
}

/** A page of another origin may send a form without asking, but no header of its own. */
function requirePreflight({ headers }: Exchange): void {
  if (headers['x-graphql-yoga-csrf'] || headers['apollo-require-preflight']) return
  const sentence = 'A form needs the header x-graphql-yoga-csrf or apollo-require-preflight.'
  throw new Failure('UNSUPPORTED_MEDIA_TYPE', sentence)
}

/** Compressed bodies could be a thousand times what they seem. */
function refuseEncoding({ headers }: Exchange): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return
  throw new Failure('UNSUPPORTED_MEDIA_TYPE', 'Send the body without a Content-Encoding.')
}

async function readWithin(exchange: Exchange, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const bounds = { limit, totalMs: patience.whole }
  for await (const chunk of bounded(exchange, bounds)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

interface Bounds {
  readonly limit: number
  readonly pieceMs?: number
  readonly totalMs?: number
}

/**
 * Throws PAYLOAD_TOO_LARGE: the declared length is only a promise, and there may be none. Throws
 * BAD_REQUEST, and hangs up, when the body or its next piece takes too long.
 */
async function* bounded(
  { body, headers }: Exchange,
  { limit, pieceMs, totalMs }: Bounds,
): AsyncGenerator<Uint8Array> {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  if (body === null) return
  let giveUp = (): void => undefined
  const start = (): NodeJS.Timeout => setTimeout(() => giveUp(), totalMs ?? pieceMs)
  let timer = start()
  let size = 0
  const pieces = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      // One promise a piece: a race with a promise for them all would hold on to every piece.
      const { done, value } = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = () => reject(tooSlow())
        pieces.next().then(resolve, reject)
      })
      if (done) return
      size += value.length
      if (size > limit) throw tooLarge(limit)
      if (pieceMs !== undefined) {
        clearTimeout(timer)
        timer = start()
      }
      yield value
    }
  } finally {
    clearTimeout(timer)
    void pieces.return?.().catch(() => undefined)
  }
}

function tooSlow(): Failure {
  return new Failure('BAD_REQUEST', 'The body did not come in time.', { hangUp: true })
}

function tooLarge(limit: number): Failure {
  return new Failure('PAYLOAD_TOO_LARGE', `The body must have at most ${limit} bytes.`)
}

function unsupported(types: readonly BodyType[]): Failure {
  const names = Object.keys(mediaTypes).filter((name) => types.includes(mediaTypes[name] ?? 'json'))
  return new Failure('UNSUPPORTED_MEDIA_TYPE', `Send the body as ${names.join(' or ')}, in UTF-8.`)
}

function bodyType(header: string | undefined): BodyType | null {
  const [name = '', ...parameters] = (header ?? '').toLowerCase().split(';')
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return null
  return mediaTypes[name.trim()] ?? null
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Failure('BAD_REQUEST', 'The body is not valid UTF-8.')
  }
}

function parseForm(text: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    // RFC 6749 section 3.2: parameters must not be repeated.
    if (name in fields) throw new Failure('BAD_REQUEST', 'A form field must be given once.')
    fields[name] = value
  }
  return fields
}
