import { parse } from 'secure-json-parse'
import { Failure } from '../core/errors.ts'
import { isStorable } from '../core/text.ts'

const deepest = 64

/**
 * JSON text of a request as an object.
 * @throws Failure BAD_REQUEST when it is not JSON, not an object, nested too deep, sets a
 *   prototype, or holds text that cannot be stored.
 */
export function parseJsonBody(text: string): Record<string, unknown> {
  if (isDeeperThan(deepest, text)) {
    throw new Failure('BAD_REQUEST', `The body must be nested at most ${deepest} levels deep.`)
  }
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('BAD_REQUEST', 'The body must be a JSON object.')
  }
  if (mayHideUnstorable.test(text) && !isStorableWithin(value)) {
    throw new Failure('BAD_REQUEST', 'The body holds a NUL or half of a surrogate pair.')
  }
  return value as Record<string, unknown>
}

function parsed(text: string): unknown {
  try {
    return parse(text, null, { protoAction: 'error', constructorAction: 'ignore' })
  } catch {
    // The parser's own message quotes the text, which may hold a password.
    const why = isJson(text) ? 'sets __proto__, which is refused' : 'is not valid JSON'
    throw new Failure('BAD_REQUEST', `The body ${why}.`)
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

/** The escapes of NUL and of surrogates; anything else in valid UTF-8 can be stored. */
const mayHideUnstorable = /\\u(?:0000|[dD][89a-fA-F])/

/** The depth is known to be small. */
function isStorableWithin(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorableWithin(item))
}

const [quote, backslash, openList, openObject, closeList, closeObject] = [34, 92, 91, 123, 93, 125]

/** Looks at the text only, so that a deep one costs nothing. */
function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === openList || code === openObject) depth += 1
    else if (code === closeList || code === closeObject) depth -= 1
    if (depth > limit) return true
  }
  return false
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
