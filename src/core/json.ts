import { parse } from 'secure-json-parse'
import { Failure } from './errors.ts'
import { isStorable } from './text.ts'

const deepest = 64
/** Of a request. Each is gone through several times before anything is done, while others wait. */
const mostValues = 100_000

/**
 * Parses JSON that came from outside; `what` begins the sentence of a refusal. Throws BAD_REQUEST for
 * text that is no JSON, nests more than 64 deep, sets a prototype, or holds a NUL or half of a
 * surrogate pair.
 */
export function parseJson(text: string, what: string): unknown {
  return parseWithin(Infinity, text, what)
}

/** As `parseJson`, for what a request says; throws BAD_REQUEST for more than 100,000 values as well. */
export function parseRequestJson(text: string, what: string): unknown {
  return parseWithin(mostValues, text, what)
}

function parseWithin(most: number, text: string, what: string): unknown {
  const { depth, values } = shapeOf(text)
  if (depth > deepest) {
    throw new Failure('BAD_REQUEST', `${what} must be nested at most ${deepest} levels deep.`)
  }
  if (values > most) {
    throw new Failure('BAD_REQUEST', `${what} must hold at most ${most} values.`)
  }
  const value = parsed(text, what)
  if (mayHideUnstorable.test(text) && !isStorableWithin(value)) {
    throw new Failure('BAD_REQUEST', `${what} holds a NUL or half of a surrogate pair.`)
  }
  return value
}

function parsed(text: string, what: string): unknown {
  try {
    return parse(text, null, { protoAction: 'error', constructorAction: 'ignore' })
  } catch (error) {
    // The parser's own message quotes the text, which may hold a password: only the place is told.
    const place = /at position \d+/.exec(error instanceof Error ? error.message : '')?.[0]
    const flaw = `is not valid JSON${place ? `, ${place}` : ''}`
    const why = isJson(text) ? 'sets __proto__, which is refused' : flaw
    throw new Failure('BAD_REQUEST', `${what} ${why}.`)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Escapes and the characters themselves; a NUL in clear is no JSON, half a pair in clear may be. */
const mayHideUnstorable = /\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]/

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

const [quote, backslash, comma] = [34, 92, 44]
const [openList, openObject, closeList, closeObject] = [91, 123, 93, 125]

/** Whether JSON nests deeper. Looks at the text only, so that a deep one costs nothing. */
export function isDeeperThan(limit: number, text: string): boolean {
  return shapeOf(text).depth > limit
}

/** How deep JSON nests, and how many values it holds at least. Of the text, before it costs anything. */
function shapeOf(text: string): { depth: number; values: number } {
  let [level, depth, values] = [0, 0, 1]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === openList || code === openObject) level += 1
    else if (code === closeList || code === closeObject) level -= 1
    else if (code === comma) values += 1
    depth = Math.max(depth, level)
  }
  return { depth, values }
}

/** Where the string that opens at `start` closes; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === backslash) at += 1
    else if (code === quote) return at
  }
  return text.length
}
