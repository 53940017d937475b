import { Failure } from '../core/errors.ts'

/**
 * The vector at length 1, so that a product of two is their cosine.
 * @throws Failure UPSTREAM for what holds no numbers.
 */
export function unit(vector: readonly number[]): Float32Array {
  let square = 0
  for (const value of vector) square += value * value
  const length = Math.sqrt(square)
  if (!Number.isFinite(length)) {
    throw new Failure('UPSTREAM', 'The embeddings node gave a vector that holds no numbers.')
  }
  const scale = length === 0 ? 1 : 1 / length
  const scaled = new Float32Array(vector.length)
  // Counted by hand: Float32Array.from with a function takes fifty times as long.
  for (let at = 0; at < vector.length; at += 1) scaled[at] = (vector[at] as number) * scale
  return scaled
}
