import { setTimeout as wait } from 'node:timers/promises'
import type { RedisClientType } from '@redis/client'
import { decide, look } from '../../core/rate.ts'
import type { RateRule, RateWindow } from '../../core/rate.ts'
import { withFallback } from './fallback.ts'
import { storedKey } from './limiter.ts'
import type { Limiter, Reservation } from './limiter.ts'
import { createMemoryLimiter } from './memory.ts'

export interface RedisLimiterOptions {
  readonly url: string
  /** Before each key in Redis; default `flowgate:limit:`. */
  readonly prefix?: string
  /** Told when Redis fails; the limits then hold per instance until it is back. */
  readonly onError: (error: unknown) => void
}

/** What Redis knew of a key when it was asked, by its own clock, which all instances share. */
interface Sight {
  readonly window: RateWindow
  readonly now: number
}

/** Redis that takes longer counts as down: a limit must not hold a request up. */
const PATIENCE_MS = 1000

/** Both scripts return start, count and now as seen before the hit; `decide` makes sense of them. */
const READ = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'start', 'count')
local start = tonumber(known[1] or now)
local count = tonumber(known[2] or 0)
local length = tonumber(ARGV[1])
if now < start or now >= start + length then start = now count = 0 end
`
const PEEK = `${READ} return { start, count, now }`
const HIT = `${READ}
if count < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'start', start, 'count', count + 1)
  redis.call('PEXPIRE', KEYS[1], start + length - now)
end
return { start, count, now }`
const GIVE_BACK = `
local known = redis.call('HMGET', KEYS[1], 'start', 'count')
if known[1] == ARGV[1] and tonumber(known[2]) > 0 then
  redis.call('HINCRBY', KEYS[1], 'count', -1)
end
return 0`

/** Counts in Redis, for all instances together; per instance while Redis does not answer. */
export function createRedisLimiter(options: RedisLimiterOptions): Limiter {
  return withFallback(createPureRedisLimiter(options), createMemoryLimiter(), options.onError)
}

/** Rejects whenever Redis does. */
function createPureRedisLimiter(options: RedisLimiterOptions): Limiter {
  const prefix = options.prefix ?? 'flowgate:limit:'
  const connection = connect(options.url)

  const run = async (script: string, key: string, args: readonly number[]): Promise<unknown> => {
    const client = await connection
    const keys = [prefix + storedKey(key)]
    return within(PATIENCE_MS, client.eval(script, { keys, arguments: args.map(String) }))
  }
  const ask = async (script: string, key: string, rule: RateRule): Promise<Sight> => {
    const length = Math.ceil(rule.windowSeconds * 1000)
    return toSight(await run(script, key, [length, rule.limit]))
  }
  const reserve = async (key: string, rule: RateRule): Promise<Reservation> => {
    const { window: seen, now } = await ask(HIT, key, rule)
    const { verdict, window } = decide(seen, rule, now)
    let held = verdict.allowed
    return {
      verdict,
      async release() {
        if (!held) return
        held = false
        await run(GIVE_BACK, key, [window.start])
      },
    }
  }

  return {
    reserve,
    hit: async (key, rule) => (await reserve(key, rule)).verdict,
    async peek(key, rule) {
      const { window, now } = await ask(PEEK, key, rule)
      return look(window, rule, now)
    },
    async reset(key) {
      const client = await connection
      await within(PATIENCE_MS, client.del(prefix + storedKey(key)))
    },
    async close() {
      const client = await connection
      if (client.isOpen) client.destroy()
    },
  }
}

/** Begins to connect and waits for it a moment at most; the client goes on trying by itself. */
async function connect(url: string): Promise<RedisClientType> {
  const { createClient } = await import('@redis/client')
  const client: RedisClientType = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: backOff, connectTimeout: 5000 },
  })
  // Each attempt says so; the first command that fails is reported instead.
  client.on('error', () => undefined)
  const connecting = client.connect().catch(() => undefined)
  await Promise.race([connecting, wait(PATIENCE_MS, undefined, { ref: false })])
  return client
}

/** Milliseconds before the next attempt; the random part keeps instances from calling together. */
function backOff(retries: number): number {
  return Math.min(5000, 50 * 2 ** Math.min(retries, 7)) * (0.5 + Math.random() / 2)
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = wait(ms, undefined, { ref: false, signal: timer.signal }).then(() => {
    throw new Error(`Redis did not answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    late.catch(() => undefined)
  }
}

function toSight(answer: unknown): Sight {
  if (!Array.isArray(answer)) throw new TypeError('Redis answered a limit script with no list')
  const [start, count, now] = answer.map(Number)
  if (start === undefined || count === undefined || now === undefined) {
    throw new TypeError('Redis answered a limit script with too short a list')
  }
  return { window: { start, count }, now }
}
