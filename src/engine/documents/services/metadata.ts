import { isSafeKey } from '../../text/paths.ts'

export type Flat = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** Foreign keys with more dots than this are no paths. */
const deepest = 32

/**
 * Metadata for a service that keeps no objects: `{loc: {lines: {from: 1}}}` is `loc.lines.from`,
 * and null is left out. Lists of texts stay what they are where the service takes them.
 */
export function flattened(
  metadata: Readonly<Record<string, unknown>>,
  { keepsLists }: { readonly keepsLists: boolean },
): Flat {
  return Object.fromEntries(leavesOf(metadata, [], keepsLists))
}

function* leavesOf(
  value: unknown,
  path: readonly string[],
  keepsLists: boolean,
): Generator<[string, Flat[string]]> {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    yield [path.join('.'), value]
  } else if (keepsLists && isTextList(value)) {
    yield [path.join('.'), value]
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield* leavesOf(item, [...path, key], keepsLists)
    }
  }
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** The opposite of `flattened`. */
export function nested(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const leaves = Object.entries(flat).map(([key, value]): Leaf => {
    const path = key.split('.')
    return [path.length > deepest || !path.every(isSafeKey) ? [key] : path, value]
  })
  return Object.fromEntries(fieldsOf(leaves))
}

type Leaf = readonly [path: readonly string[], value: unknown]

function fieldsOf(leaves: readonly Leaf[]): (readonly [string, unknown])[] {
  const groups = Map.groupBy(leaves, ([path]) => path[0] ?? '')
  return [...groups].map(([key, group]) => [
    key,
    valueOf(group.map(([path, value]) => [path.slice(1), value])),
  ])
}

function valueOf(leaves: readonly Leaf[]): unknown {
  const whole = leaves.find(([path]) => path.length === 0)
  if (whole !== undefined) return whole[1]
  const fields = new Map(fieldsOf(leaves))
  const isList = [...fields.keys()].every((_key, at) => fields.has(String(at)))
  if (!isList) return Object.fromEntries(fields)
  return [...fields.keys()].map((_key, at) => fields.get(String(at)))
}
