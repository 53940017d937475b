import { isDeeperThan } from '../../core/json.ts'

/** Keys that lead from data to the machinery of the language. */
const blocked = new Set(['__proto__', 'constructor', 'prototype'])

/** Whether a key may be read from, or copied out of, what a caller or a flow sent. */
export function isSafeKey(key: string): boolean {
  return !blocked.has(key)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A plain object's entries, without the keys that `isSafeKey` refuses; none for anything else. */
export function safeEntries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value).filter(([key]) => isSafeKey(key)) : []
}

/**
 * Walks `a.b[0].c` through own properties only; text on the way is read as JSON if it is JSON.
 * Answers undefined when the path leads nowhere or through a blocked key.
 */
export function dig(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const key of path) {
    const holder = typeof at === 'string' ? parseJson(at) : at
    if (!isSafeKey(key) || typeof holder !== 'object' || holder === null) return undefined
    if (!Object.hasOwn(holder, key)) return undefined
    at = (holder as Record<string, unknown>)[key]
  }
  return at
}

/** `state.items[0].name` as its keys. */
export function pathKeys(path: string): string[] {
  return path.split(/[.[\]]+/).filter((key) => key !== '')
}

/** Text as it is, nothing as `''`, everything else as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** Deeper JSON would be an attack on the stack of what goes through it. */
const deepest = 500

/** The parsed value, or undefined for text that is not JSON, or is too deep. */
export function parseJson(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown
    return isDeeperThan(deepest, text) ? undefined : value
  } catch {
    return undefined
  }
}

/** Rows that stand as JSON in a text, as canvases keep tables and people write them by hand. */
export function rowsInText(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'string' || !/^\s*\[\s*\{/.test(value)) return undefined
  const rows = parseJson(value)
  return Array.isArray(rows) ? rows : undefined
}
