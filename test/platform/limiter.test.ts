import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { Limiter } from '../../src/platform/limiter/limiter.ts'
import { createMemoryLimiter } from '../../src/platform/limiter/memory.ts'
import { createLimiter } from '../../src/platform/limiter/open.ts'
import { createRedisLimiter } from '../../src/platform/limiter/redis.ts'
import { isServiceThere } from './services.ts'

const rule = { limit: 3, windowSeconds: 30 }
const redisUrl = 'redis://127.0.0.1:6379'

interface Subject {
  readonly name: string
  readonly isThere: boolean
  /** `other` sees what `limiter` counts; for memory it is the same one. */
  make(): { limiter: Limiter; other: Limiter }
}

const subjects: readonly Subject[] = [
  {
    name: 'memory',
    isThere: true,
    make() {
      const limiter = createMemoryLimiter()
      return { limiter, other: limiter }
    },
  },
  {
    name: 'redis',
    isThere: await isServiceThere('Redis', 6379),
    make() {
      const options = { url: redisUrl, prefix: `test:${randomUUID()}:`, onError: fail }
      return { limiter: createRedisLimiter(options), other: createRedisLimiter(options) }
    },
  },
]

describe.for(subjects.filter(({ isThere }) => isThere))('limiter: $name', (subject) => {
  const { limiter, other } = subject.make()
  afterAll(async () => {
    await limiter.close()
    await other.close()
  })

  test('threat 20: of parallel hits exactly the limit passes', async () => {
    const key = randomUUID()
    const both = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? limiter : other))
    const verdicts = await Promise.all(both.map((one) => one.hit(key, rule)))
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(3)
    const refused = verdicts.filter(({ allowed }) => !allowed)
    for (const { remaining, retryAfter } of refused) {
      expect(remaining).toBe(0)
      expect(retryAfter).toBeGreaterThanOrEqual(29)
      expect(retryAfter).toBeLessThanOrEqual(30)
    }
  })

  test('counts down, and lets pass again when the window is over', async () => {
    const key = randomUUID()
    const short = { limit: 2, windowSeconds: 0.3 }
    expect(await limiter.hit(key, short)).toEqual({ allowed: true, remaining: 1, retryAfter: 0 })
    expect(await limiter.hit(key, short)).toEqual({ allowed: true, remaining: 0, retryAfter: 0 })
    expect(await limiter.hit(key, short)).toEqual({ allowed: false, remaining: 0, retryAfter: 1 })
    await wait(320)
    expect(await limiter.hit(key, short)).toEqual({ allowed: true, remaining: 1, retryAfter: 0 })
  })

  test('peek counts nothing', async () => {
    const key = randomUUID()
    const fresh = { allowed: true, remaining: 3, retryAfter: 0 }
    expect(await limiter.peek(key, rule)).toEqual(fresh)
    expect(await limiter.peek(key, rule)).toEqual(fresh)
    await limiter.hit(key, rule)
    expect(await other.peek(key, rule)).toEqual({ ...fresh, remaining: 2 })
    await limiter.hit(key, rule)
    await limiter.hit(key, rule)
    expect(await other.peek(key, rule)).toMatchObject({ allowed: false, remaining: 0 })
  })

  test('keys do not touch each other', async () => {
    const [one, two] = [randomUUID(), randomUUID()]
    for (let hits = 0; hits < 4; hits += 1) await limiter.hit(one, rule)
    expect((await limiter.hit(one, rule)).allowed).toBe(false)
    expect((await limiter.hit(two, rule)).allowed).toBe(true)
  })

  test('threat 11: of 100 parallel guesses at most the limit is tried', async () => {
    const key = randomUUID()
    const guesses = Array.from({ length: 100 }, () => limiter.reserve(key, rule))
    const reserved = await Promise.all(guesses)
    expect(reserved.filter(({ verdict }) => verdict.allowed)).toHaveLength(3)
  })

  test('threat 11: what is released does not count, and only once', async () => {
    const key = randomUUID()
    for (let logins = 0; logins < 10; logins += 1) {
      const login = await limiter.reserve(key, rule)
      expect(login.verdict.allowed).toBe(true)
      await login.release()
      await login.release()
    }
    await limiter.hit(key, rule)
    await limiter.hit(key, rule)
    const last = await limiter.reserve(key, rule)
    const refused = await limiter.reserve(key, rule)
    expect(refused.verdict.allowed).toBe(false)
    await refused.release()
    expect((await limiter.peek(key, rule)).allowed).toBe(false)
    await last.release()
    await last.release()
    expect(await limiter.peek(key, rule)).toMatchObject({ allowed: true, remaining: 1 })
  })

  test('a release after the window does not touch the next one', async () => {
    const key = randomUUID()
    const short = { limit: 2, windowSeconds: 0.1 }
    const late = await limiter.reserve(key, short)
    await wait(120)
    await limiter.hit(key, rule)
    await late.release()
    expect(await limiter.peek(key, rule)).toMatchObject({ remaining: 2 })
  })

  test('reset forgets', async () => {
    const key = randomUUID()
    for (let hits = 0; hits < 4; hits += 1) await limiter.hit(key, rule)
    await limiter.reset(key)
    expect((await other.hit(key, rule)).remaining).toBe(2)
  })

  test('takes keys of any length and content', async () => {
    const key = `${randomUUID()} \u0000 ${'ü'.repeat(100_000)}`
    expect((await limiter.hit(key, rule)).remaining).toBe(2)
    expect((await other.hit(key, rule)).remaining).toBe(1)
  })
})

describe('limiter in memory', () => {
  test('goes by the clock it is given', async () => {
    let now = 0
    const limiter = createMemoryLimiter({ clock: { now: () => new Date(now) } })
    for (let hits = 0; hits < 4; hits += 1) await limiter.hit('a', rule)
    now = 29_001
    expect(await limiter.hit('a', rule)).toEqual({ allowed: false, remaining: 0, retryAfter: 1 })
    now = 30_000
    expect(await limiter.hit('a', rule)).toMatchObject({ allowed: true })
  })

  test('stays within its number of keys, and still counts a busy one', async () => {
    const limiter = createMemoryLimiter({ maxKeys: 50 })
    for (let other = 0; other < 1000; other += 1) await limiter.hit(`other ${other}`, rule)
    for (let hits = 0; hits < 3; hits += 1) await limiter.hit('busy', rule)
    expect((await limiter.peek('busy', rule)).allowed).toBe(false)
    const first = await Promise.all(
      Array.from({ length: 900 }, (_, other) => limiter.peek(`other ${other}`, rule)),
    )
    expect(first.filter(({ remaining }) => remaining < 3).length).toBeLessThanOrEqual(50)
  })
})

describe('limiter on a Redis that is down', () => {
  test('threat 50: goes on counting in memory and reports it once', async () => {
    const errors: unknown[] = []
    const limiter = createLimiter({
      redisUrl: 'redis://127.0.0.1:1',
      onError: (error) => errors.push(error),
    })
    const verdicts = await Promise.all(
      Array.from({ length: 10 }, () => limiter.hit('somebody', rule)),
    )
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(3)
    await limiter.reset('somebody')
    const login = await limiter.reserve('somebody', rule)
    await login.release()
    expect(login.verdict.remaining).toBe(2)
    expect(await limiter.peek('somebody', rule)).toMatchObject({ remaining: 3 })
    expect(errors).toHaveLength(1)
    await limiter.close()
  })
})

function fail(error: unknown): never {
  throw error
}
