import type { FoundChunk } from '../node/ports.ts'

/**
 * Picks what is near the query and unlike what is picked already: maximal marginal relevance.
 * `lambda` 1 looks at nearness alone, 0 at difference alone. The chunks bring vectors of length 1.
 */
export function pickDiverse(
  found: readonly FoundChunk[],
  { count, lambda }: { readonly count: number; readonly lambda: number },
): FoundChunk[] {
  const left = [...found]
  const picked: FoundChunk[] = []
  while (picked.length < count && left.length > 0) {
    const worth = left.map((chunk) => {
      const likest = Math.max(0, ...picked.map((other) => product(chunk, other)))
      return lambda * chunk.score - (1 - lambda) * likest
    })
    const best = worth.indexOf(Math.max(...worth))
    picked.push(...left.splice(best, 1))
  }
  return picked
}

function product(a: FoundChunk, b: FoundChunk): number {
  const other = b.vector ?? []
  return (a.vector ?? []).reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)
}
