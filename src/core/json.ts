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
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'it does not parse'
    throw new Failure('BAD_REQUEST', `${what} is not acceptable JSON: ${reason}.`)
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
