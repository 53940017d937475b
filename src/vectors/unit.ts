import { Failure } from '../core/errors.ts'

/**
 * The vector at length 1, so that a product of two is their cosine.
 * @throws Failure UPSTREAM for what holds no numbers.
 */
export function unit(vector: readonly number[]): readonly number[] {
  let square = 0
  for (const value of vector) square += value * value
  const length = Math.sqrt(square)
  if (!Number.isFinite(length)) {
    throw new Failure('UPSTREAM', 'The embeddings node gave a vector that holds no numbers.')
  }
  return length === 0 ? vector : vector.map((value) => value / length)
}
