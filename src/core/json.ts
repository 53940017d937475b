import { parse } from 'secure-json-parse'
import { Failure } from './errors.ts'
import { isStorable } from './text.ts'

const deepest = 64

/**
 * Parses JSON that came from outside. Throws BAD_REQUEST, naming `what`, for text that is no JSON,
 * nests more than 64 deep, or holds a `__proto__` key, a NUL or half of a surrogate pair.
 */
export function parseJson(text: string, what: string): unknown {
  if (nestsTooDeep(text)) {
    throw new Failure('BAD_REQUEST', `${what} nests more than ${deepest} levels deep.`)
  }
  let value: unknown
  try {
    value = parse(text, null, { protoAction: 'error', constructorAction: 'error' })
  } catch (error) {
    // The parser quotes what it read, which may be a secret: only the place is told.
    const place = /at position \d+/.exec(error instanceof Error ? error.message : '')?.[0]
    throw new Failure('BAD_REQUEST', `${what} is not acceptable JSON${place ? `, ${place}` : ''}.`)
  }
  if (!isStorableWithin(value)) {
    throw new Failure('BAD_REQUEST', `${what} holds a NUL or half of a surrogate pair.`)
  }
  return value
}

/** Whether every text in a JSON value, keys too, can be stored. The value must not nest without end. */
export function isStorableWithin(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorableWithin(item))
}

/** A JSON value with every NUL taken out and every half surrogate pair replaced, in keys too. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '')
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [storable(key), storable(item)])
  return Object.fromEntries(entries)
}

/** Counts brackets outside of texts, without recursion, so that depth itself cannot hurt. */
function nestsTooDeep(text: string): boolean {
  let depth = 0
  let isText = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (isText) {
      if (character === '\\') at += 1
      else if (character === '"') isText = false
    } else if (character === '"') isText = true
    else depth += steps.get(character) ?? 0
    if (depth > deepest) return true
  }
  return false
}

const steps: ReadonlyMap<string | undefined, number> = new Map([
  ['{', 1],
  ['[', 1],
  ['}', -1],
  [']', -1],
])
