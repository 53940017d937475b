import { hash } from 'node:crypto'
import type { RateRule, Verdict } from '../../core/rate.ts'

export type { RateRule, Verdict } from '../../core/rate.ts'

/** A hit that is counted already and may be taken back. */
export interface Reservation {
  readonly verdict: Verdict
  /** Gives the hit back; a second call, or one for a refused hit or a past window, does nothing. */
  release(): Promise<void>
}

/** Counts hits against a rule, atomically: of any number of parallel ones, `limit` pass. */
export interface Limiter {
  /** Counts one hit and says whether it passes. A refused hit is not counted. */
  hit(key: string, rule: RateRule): Promise<Verdict>
  /** Says what `hit` would answer, and counts nothing. */
  peek(key: string, rule: RateRule): Promise<Verdict>
  /**
   * For limits on failures: counts first, so that parallel guesses are capped too, and is
   * released by the caller once the attempt turned out well.
   */
  reserve(key: string, rule: RateRule): Promise<Reservation>
  /** Forgets the key. */
  reset(key: string): Promise<void>
  close(): Promise<void>
}

/** Keys hold e-mails and addresses of any length: stores see a digest of bounded length. */
export function storedKey(key: string): string {
  return hash('sha256', key, 'base64url')
}
