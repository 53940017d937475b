import { isRecord } from '../../text/paths.ts'

type Filter = Readonly<Record<string, unknown>>
export type Condition = readonly [path: string, value: unknown]

/**
 * What must hold for every path: `{a: 1, b: {c: 2}}` is `a` 1 and `b.c` 2, and a list each of its
 * items. What is written in a service's own words, which begin with `$`, stays as it is.
 */
export function conditionsIn(filter: Filter, path: readonly string[] = []): Condition[] {
  return Object.entries(filter).flatMap(([key, value]): Condition[] => {
    if (key.startsWith('$')) return [[key, value]]
    const here = [...path, key]
    if (Array.isArray(value)) return value.map((item: unknown) => [here.join('.'), item])
    if (!isRecord(value) || isOperator(value)) return [[here.join('.'), value]]
    return conditionsIn(value, here)
  })
}

/** A filter as Pinecone and Chroma both write it; undefined for one that asks nothing. */
export function whereOf(filter: Filter | undefined): Filter | undefined {
  const clauses = conditionsIn(filter ?? {}).map(([path, value]) => {
    const isNative = path.startsWith('$') || isRecord(value)
    return { [path]: isNative ? value : { $eq: value } }
  })
  return clauses.length > 1 ? { $and: clauses } : clauses[0]
}

function isOperator(value: Filter): boolean {
  return Object.keys(value).some((key) => key.startsWith('$'))
}
