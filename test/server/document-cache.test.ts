import { expect, test } from 'vitest'
import { createDocumentCache } from '../../src/server/graphql/document-cache.ts'

const document = (at: number, length: number): string => `{ field${at} } #`.padEnd(length, 'x')

test('threat 52: keeps what fits, the least lately used go first', () => {
  const cache = createDocumentCache<number>()
  for (let at = 0; at < 50; at += 1) {
    cache.set(document(at, 10_000), at)
    // Used again and again, the first one stays.
    expect(cache.get(document(0, 10_000))).toBe(0)
  }
  const kept = Array.from({ length: 50 }, (_, at) => cache.get(document(at, 10_000)))
  expect(kept.filter((made) => made !== undefined)).toHaveLength(25)
  expect(kept.at(-1)).toBe(49)
})

test('threat 52: keeps no long one', () => {
  const cache = createDocumentCache<number>()
  cache.set(document(0, 10_001), 1)
  expect(cache.get(document(0, 10_001))).toBeUndefined()
})
