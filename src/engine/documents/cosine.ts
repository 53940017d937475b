/** How alike the directions of two vectors are: 1 is the same, 0 has nothing in common. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const length = Math.hypot(...a) * Math.hypot(...b)
  return length === 0 ? 0 : a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / length
}

/** The same direction at length 1. */
export function unit(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}

/** The cosine of two vectors of length 1, out of the square of their distance. */
export function cosineAt(squaredDistance: number): number {
  return 1 - squaredDistance / 2
}
