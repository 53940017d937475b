import { isRecord } from './paths.ts'

const mark = '[redacted]'
/** Values shorter than this are no secret worth the name, and would tear messages apart. */
const minLength = 6
/** So many characters of a secret in a row give it away. */
const fragment = 12
/** What keys and authorisation headers of providers look like. */
const patterns = [
  /\b(?:bearer|basic)\s+[\w.~+/=*-]{4,}/gi,
  /\b(?:sk|pk|rk|gsk|xai|org|proj)[-_][\w*.-]{4,}/gi,
  /\bAIza[\w-]{8,}/g,
  // The example of our own sentences is none.
  /(?<=\/\/)(?!user:password@)[^/?#\s]+@/g,
]

/** What people write and no service gives out: `basic questions`, `bearer token`, `org_name`. */
const written =
  /^(?:[Bb]asic\s+(?:[A-Z]?[a-z]+|[A-Z]{3,5})|[Bb]earer\s+(?:tokens?|auth(?:entication|orization)?)|(?:org|proj)[-_][a-z._-]{4,20})[.-]*$/

/** The secrets a run has touched, and a way to keep them out of its messages. */
export interface Secrets {
  add(secret: string): void
  /** A message without them, without pieces of them, and without whatever else looks like a key. */
  scrub(text: string): string
  /** Data in which no text holds one of them as a whole; the data itself while none is known. */
  redact<T>(data: T): T
}

export function createSecrets(): Secrets {
  const known = new Set<string>()
  // Longest first, so that a secret inside another leaves no remainder.
  const ordered = () => [...known].sort((a, b) => b.length - a.length)
  let pattern: RegExp | undefined
  return {
    add: (secret) => {
      if (secret.length < minLength) return
      for (const form of formsOf(secret)) known.add(form)
      pattern = undefined
    },
    scrub: (text) => scrubPatterns(ordered().reduce(removeSecret, text)),
    redact: (data) => {
      if (known.size === 0) return data
      pattern ??= new RegExp(ordered().map(RegExp.escape).join('|'), 'g')
      return redacted(data, pattern) as typeof data
    },
  }
}

/** Answers are no messages: what merely looks like a key may be what was asked about. */
function redacted(data: unknown, pattern: RegExp): unknown {
  if (typeof data === 'string') return data.replace(pattern, mark)
  if (Array.isArray(data)) return data.map((item) => redacted(item, pattern))
  // What is no plain object holds no text of ours, such as a date.
  if (!isRecord(data) || ![Object.prototype, null].includes(Object.getPrototypeOf(data)))
    return data
  return Object.fromEntries(
    Object.entries(data).map(([key, item]) => [
      key.replace(pattern, mark),
      redacted(item, pattern),
    ]),
  )
}

/** Text without anything that looks like a provider's key or an authorisation header. */
export function scrubPatterns(text: string): string {
  return patterns.reduce((rest, pattern) => rest.replaceAll(pattern, mark), text)
}

/** The same in a prompt or code that is to stay as it was written. */
export function scrubWritten(text: string): string {
  const scrubbed = (found: string) => (written.test(found) ? found : mark)
  return patterns.reduce((rest, pattern) => rest.replaceAll(pattern, scrubbed), text)
}

/**
 * The password of a database's address as it is written and as it is meant; the whole text where it
 * is no such address.
 */
export function passwordIn(url: string): readonly string[] {
  if (!/^\w+:\/\//.test(url) || !URL.canParse(url)) return [url]
  const { password } = new URL(url)
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}

/** A copy without the given keys at any depth. */
export function withoutKeys(value: unknown, isUnwanted: (key: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item, isUnwanted))
  if (!isRecord(value)) return value
  const kept = Object.entries(value).filter(([key]) => !isUnwanted(key))
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutKeys(item, isUnwanted)]))
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64')
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    base64.replaceAll('=', ''),
    Buffer.from(secret).toString('base64url'),
  ]
}

/** Takes out the secret, and every piece of it that is long enough to give it away. */
function removeSecret(text: string, secret: string): string {
  let rest = text.replaceAll(secret, mark)
  // Of a long secret, not every piece is looked for in the whole text.
  const pieces = new Set<string>()
  for (let at = 0; at + fragment <= rest.length; at += 1) pieces.add(rest.slice(at, at + fragment))
  for (let at = 0; at + fragment <= secret.length; at += 1) {
    if (pieces.has(secret.slice(at, at + fragment))) rest = removePiece(rest, secret.slice(at))
  }
  return rest
}

/** Takes out what begins like the secret, each time as much of it as stands there. */
function removePiece(text: string, secret: string): string {
  const start = secret.slice(0, fragment)
  let rest = ''
  let from = 0
  for (let found = text.indexOf(start); found !== -1; found = text.indexOf(start, from)) {
    let length = fragment
    while (length < secret.length && text[found + length] === secret[length]) length += 1
    rest += text.slice(from, found) + mark
    from = found + length
  }
  return rest + text.slice(from)
}
