/** How alike the directions of two vectors are: 1 is the same, 0 has nothing in common. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const length = Math.hypot(...a) * Math.hypot(...b)
  return length === 0 ? 0 : a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / length
}
