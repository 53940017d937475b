import { Buffer } from 'node:buffer'
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'

interface Recoding {
  readonly text: string
  readonly from: string
  readonly to: string
}

interface UrlInput {
  readonly input: string
  readonly base?: string | undefined
  /** A part to set, and to what. */
  readonly set?: { readonly part: string; readonly value: string }
}

interface HashInput {
  readonly algorithm: string
  /** One character a byte, like the key. */
  readonly text: string
  /** Signs with it. */
  readonly key?: string
}

interface IntlInput {
  readonly type: string
  readonly method: string
  readonly value?: number | null | undefined
  readonly locales?: unknown
  readonly options?: unknown
}

type Locales = string | string[]

const urlParts = [
  ...(['protocol', 'username', 'password', 'host', 'hostname'] as const),
  ...(['port', 'pathname', 'search', 'hash', 'href'] as const),
]
const encodings: ReadonlySet<unknown> = new Set(
  'utf8 utf-8 latin1 binary base64 base64url hex ascii'.split(' '),
)
const algorithms: ReadonlySet<unknown> = new Set('md5 sha1 sha224 sha256 sha384 sha512'.split(' '))
const dateMethods = ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'] as const
/** Most random bytes of one call, as in browsers. */
const maxRandom = 65_536
/** A server has no locale of its own to speak of. */
const defaultLocale = 'en-US'

/**
 * What the sandbox may ask of its thread at any time: no effects. The arguments are hostile, so
 * each picks a member by a list of ours, and a thread that is kept busy is stopped from outside.
 */
export const operations = {
  recode: ({ text, from, to }: Recoding): string =>
    Buffer.from(text, encodingOf(from)).toString(encodingOf(to)),
  encoding: (label: string): string => new TextDecoder(label).encoding,
  decode: ({ text, label }: { text: string; label: string }): string =>
    new TextDecoder(label).decode(Buffer.from(text, 'latin1')),
  btoa: (text: string): string => btoa(text),
  atob: (text: string): string => atob(text),
  hash: readHash,
  uuid: (): string => randomUUID(),
  random: (length: number): string => randomBytes(Math.min(length, maxRandom)).toString('latin1'),
  parseQuery: (text: string): [string, string][] => [...new URLSearchParams(text)],
  writeQuery: (pairs: [string, string][]): string => new URLSearchParams(pairs).toString(),
  url: readUrl,
  intl: writeByLocale,
}

function encodingOf(name: string): BufferEncoding {
  if (!encodings.has(name)) throw new TypeError(`Unknown encoding: ${name}`)
  return name as BufferEncoding
}

function readHash({ algorithm, text, key }: HashInput): string {
  const name = algorithm.toLowerCase()
  if (!algorithms.has(name)) throw new TypeError(`Unknown algorithm: ${algorithm}`)
  const hash = key === undefined ? createHash(name) : createHmac(name, Buffer.from(key, 'latin1'))
  return hash.update(text, 'latin1').digest().toString('latin1')
}

function readUrl({ input, base, set }: UrlInput): Record<string, string> {
  const url = new URL(input, base)
  const part = urlParts.find((name) => name === set?.part)
  if (part !== undefined) url[part] = set?.value ?? ''
  const parts = urlParts.map((name) => [name, url[name]])
  return Object.fromEntries([...parts, ['origin', url.origin]])
}

function writeByLocale({ type, method, value, locales, options }: IntlInput): unknown {
  const where = (locales ?? defaultLocale) as Locales
  const number = value ?? Number.NaN
  if (type === 'Date') {
    const known = dateMethods.find((name) => name === method) ?? 'toLocaleString'
    return new Date(number)[known](where, options as Intl.DateTimeFormatOptions)
  }
  if (type === 'Number') return number.toLocaleString(where, options as Intl.NumberFormatOptions)
  const formatter =
    type === 'NumberFormat'
      ? new Intl.NumberFormat(where, options as Intl.NumberFormatOptions)
      : new Intl.DateTimeFormat(where, options as Intl.DateTimeFormatOptions)
  if (method === 'format') return formatter.format(number)
  if (method === 'formatToParts') return formatter.formatToParts(number)
  return formatter.resolvedOptions()
}
