import { decide, look, windowEnd } from '../../core/rate.ts'
import type { RateRule, RateWindow } from '../../core/rate.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { storedKey } from './limiter.ts'
import type { Limiter } from './limiter.ts'

export interface MemoryLimiterOptions {
  readonly clock?: Clock
  /** Most keys remembered; beyond it one is forgotten for each new one. Default 100,000. */
  readonly maxKeys?: number
}

interface Entry {
  readonly window: RateWindow
  /** When it may be forgotten, in milliseconds since 1970. */
  readonly end: number
}

/** Entries looked at in each hit, so that expired ones go without a timer or a long pause. */
const SWEPT_PER_HIT = 4

/** Counts in this process alone. */
export function createMemoryLimiter(options: MemoryLimiterOptions = {}): Limiter {
  const clock = options.clock ?? systemClock
  const maxKeys = options.maxKeys ?? 100_000
  const entries = new Map<string, Entry>()

  const count = (key: string, rule: RateRule) => {
    const now = clock.now().getTime()
    sweep(entries, now)
    const { verdict, window } = decide(entries.get(key)?.window, rule, now)
    entries.set(key, { window, end: windowEnd(window, rule) })
    if (entries.size > maxKeys) forgetFirst(entries)
    return { verdict, window }
  }

  return {
    async hit(key, rule) {
      return count(storedKey(key), rule).verdict
    },
    async peek(key, rule) {
      return look(entries.get(storedKey(key))?.window, rule, clock.now().getTime())
    },
    async reserve(key, rule) {
      const stored = storedKey(key)
      const { verdict, window } = count(stored, rule)
      let held = verdict.allowed
      return {
        verdict,
        async release() {
          if (held) giveBack(entries, stored, window.start)
          held = false
        },
      }
    },
    async reset(key) {
      entries.delete(storedKey(key))
    },
    async close() {
      entries.clear()
    },
  }
}

function giveBack(entries: Map<string, Entry>, key: string, start: number): void {
  const entry = entries.get(key)
  if (entry === undefined || entry.window.start !== start || entry.window.count === 0) return
  entries.set(key, { ...entry, window: { start, count: entry.window.count - 1 } })
}

/** Walks the map a few steps: what is over goes, the rest moves to the back of the line. */
function sweep(entries: Map<string, Entry>, now: number): void {
  let left = SWEPT_PER_HIT
  for (const [key, entry] of entries) {
    if (left === 0) return
    left -= 1
    entries.delete(key)
    if (entry.end > now) entries.set(key, entry)
  }
}

function forgetFirst(entries: Map<string, Entry>): void {
  const first = entries.keys().next()
  if (first.done !== true) entries.delete(first.value)
}
