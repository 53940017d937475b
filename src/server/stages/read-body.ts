import { Failure } from '../../core/errors.ts'
import type { BodyType, Exchange, Stage } from '../exchange.ts'
import { parseJsonBody } from '../json-body.ts'
import { readMultipart } from '../multipart.ts'

const mediaTypes: Readonly<Record<string, BodyType>> = {
  'application/json': 'json',
  'application/graphql-response+json': 'graphql',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
}

/** Reads the body within the endpoint's limit and parses it into `payload`. */
export const readBody: Stage = async (exchange, next) => {
  const expected = exchange.found?.endpoint?.body
  if (!expected) return next(exchange)
  refuseEncoding(exchange)
  const bytes = await readWithin(exchange, expected.limitBytes)
  // A POST that says nothing needs no type either.
  if (bytes.length === 0) return next(exchange)
  const type = bodyType(exchange.headers['content-type'])
  if (!type || !expected.types.includes(type)) throw unsupported(expected.types)
  exchange.payload = await parse(exchange, type, bytes)
  return next(exchange)
}

async function parse(
  exchange: Exchange,
  type: BodyType,
  bytes: Buffer,
): Promise<Exchange['payload']> {
  if (type === 'multipart') {
    const files = exchange.found?.endpoint?.body?.files ?? 'files'
    return readMultipart(bytes, exchange.headers['content-type'] ?? '', files)
  }
  const text = decode(bytes)
  return type === 'form' ? parseForm(text) : parseJsonBody(text)
}

/** Compressed bodies could be a thousand times what they seem. */
function refuseEncoding({ headers }: Exchange): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return
  throw new Failure('UNSUPPORTED_MEDIA_TYPE', 'Send the body without a Content-Encoding.')
}

async function readWithin({ headers, body }: Exchange, limit: number): Promise<Buffer> {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  // The declared length is only a promise, and there may be none.
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
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

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
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
