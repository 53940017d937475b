import { Failure } from './errors.ts'

export const largestPage = 1000

export interface Page<T> {
  readonly data: readonly T[]
  /** How many rows there are on all pages together. */
  readonly total: number
}

export interface PageRequest {
  readonly limit: number
  readonly offset: number
}

/**
 * Turns a page number (from 1) and a page size (1 to 1,000) into limit and offset.
 * Throws `BAD_REQUEST` for anything else.
 */
export function pageRequest(page: number, limit: number): PageRequest {
  if (!Number.isInteger(page) || page < 1 || !Number.isInteger(limit) || limit < 1) {
    throw new Failure(
      'BAD_REQUEST',
      'page and limit must be positive whole numbers, given together.',
    )
  }
  if (limit > largestPage) {
    throw new Failure('BAD_REQUEST', `limit must be at most ${largestPage}.`)
  }
  const offset = (page - 1) * limit
  if (offset > 2 ** 31 - 1) throw new Failure('BAD_REQUEST', 'page is too large.')
  return { limit, offset }
}
