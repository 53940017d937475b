/**
 * How a rate limit decides: a fixed window per key that opens at the key's first hit and lasts
 * `windowSeconds`. Within it `limit` hits pass; the next passes when the window is over.
 *
 * A fixed window needs two numbers a key, tells `Retry-After` exactly and gives back the whole
 * limit after it, which is what a user reads into "100 per minute". Its price is that a caller who
 * times it well gets up to twice the limit around the end of one window.
 */
export interface RateRule {
  /** Hits that pass in one window; whole, at least 1. */
  readonly limit: number
  /** Length of the window, in seconds. */
  readonly windowSeconds: number
}

/** What is remembered of a key. */
export interface RateWindow {
  /** When the window opened, in milliseconds since 1970. */
  readonly start: number
  /** Hits that passed since. */
  readonly count: number
}

export interface Verdict {
  readonly allowed: boolean
  /** Hits left in this window, the judged one already taken off. */
  readonly remaining: number
  /** Whole seconds until a hit may pass again; 0 when this one was allowed. */
  readonly retryAfter: number
}

/**
 * Judges one hit and says what to remember after it. A refused hit is not counted, so that
 * hammering does not prolong the wait. A clock that went back behind the start opens a new window.
 */
export function decide(
  known: RateWindow | undefined,
  rule: RateRule,
  now: number,
): { verdict: Verdict; window: RateWindow } {
  const window = isOpen(known, rule, now) ? known : { start: now, count: 0 }
  if (window.count >= rule.limit) return { verdict: refusal(window, rule, now), window }
  const count = window.count + 1
  return {
    verdict: { allowed: true, remaining: rule.limit - count, retryAfter: 0 },
    window: { start: window.start, count },
  }
}

/** Says what a hit would get now, without one: `remaining` is what is left before it. */
export function look(known: RateWindow | undefined, rule: RateRule, now: number): Verdict {
  if (!isOpen(known, rule, now)) return { allowed: true, remaining: rule.limit, retryAfter: 0 }
  if (known.count >= rule.limit) return refusal(known, rule, now)
  return { allowed: true, remaining: rule.limit - known.count, retryAfter: 0 }
}

/** When the window ends, in milliseconds since 1970. */
export function windowEnd(window: RateWindow, rule: RateRule): number {
  return window.start + rule.windowSeconds * 1000
}

function isOpen(window: RateWindow | undefined, rule: RateRule, now: number): window is RateWindow {
  return window !== undefined && now >= window.start && now < windowEnd(window, rule)
}

function refusal(window: RateWindow, rule: RateRule, now: number): Verdict {
  const seconds = Math.ceil((windowEnd(window, rule) - now) / 1000)
  return { allowed: false, remaining: 0, retryAfter: Math.max(1, seconds) }
}
