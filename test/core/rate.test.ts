import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, look } from '../../src/core/rate.ts'
import type { RateWindow } from '../../src/core/rate.ts'

const rule = { limit: 3, windowSeconds: 10 }

describe('decide', () => {
  test('lets the limit pass, then says how long to wait', () => {
    const first = decide(undefined, rule, 1000)
    expect(first).toEqual({
      verdict: { allowed: true, remaining: 2, retryAfter: 0 },
      window: { start: 1000, count: 1 },
    })
    const full = { start: 1000, count: 3 }
    expect(decide(full, rule, 1000).verdict).toEqual(refused(10))
    expect(decide(full, rule, 10_001).verdict).toEqual(refused(1))
    expect(decide(full, rule, 10_999).verdict).toEqual(refused(1))
    expect(decide(full, rule, 11_000).verdict.allowed).toBe(true)
  })

  test('opens a new window when the clock went back', () => {
    expect(decide({ start: 50_000, count: 3 }, rule, 1000).window).toEqual({
      start: 1000,
      count: 1,
    })
  })

  test('never lets more than the limit pass in a window, and keeps its word on retryAfter', () => {
    const steps = fc.array(fc.nat(5000), { maxLength: 100 })
    const rules = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      windowSeconds: fc.integer({ min: 1, max: 9 }),
    })
    fc.assert(
      fc.property(rules, steps, (rule, steps) => {
        let now = 0
        let window: RateWindow | undefined
        const passed = new Map<number, number>()
        for (const step of steps) {
          now += step
          const seen = look(window, rule, now)
          const { verdict, window: after } = decide(window, rule, now)
          expect(seen.allowed).toBe(verdict.allowed)
          expect(seen.retryAfter).toBe(verdict.retryAfter)
          const later = look(after, rule, now + verdict.retryAfter * 1000)
          expect(verdict.allowed || later.allowed).toBe(true)
          if (verdict.allowed) passed.set(after.start, (passed.get(after.start) ?? 0) + 1)
          window = after
        }
        for (const count of passed.values()) expect(count).toBeLessThanOrEqual(rule.limit)
      }),
    )
  })
})

describe('look', () => {
  test('tells what is left and counts nothing', () => {
    expect(look(undefined, rule, 0)).toEqual({ allowed: true, remaining: 3, retryAfter: 0 })
    expect(look({ start: 0, count: 2 }, rule, 5)).toEqual({
      allowed: true,
      remaining: 1,
      retryAfter: 0,
    })
    expect(look({ start: 0, count: 3 }, rule, 500)).toEqual(refused(10))
  })
})

function refused(retryAfter: number) {
  return { allowed: false, remaining: 0, retryAfter }
}
