import type { Clock } from '../clock.ts'
import type { Limiter } from './limiter.ts'
import { createMemoryLimiter } from './memory.ts'
import { createRedisLimiter } from './redis.ts'

export interface LimiterOptions {
  /** Null: count in this process alone. */
  readonly redisUrl: string | null
  /** For the limiter in memory; Redis goes by its own. */
  readonly clock?: Clock
  readonly onError: (error: unknown) => void
}

/** The limiter that the configuration asks for. Redis is loaded only when it is used. */
export function createLimiter({ redisUrl, clock, onError }: LimiterOptions): Limiter {
  if (redisUrl !== null) return createRedisLimiter({ url: redisUrl, onError })
  return createMemoryLimiter(clock === undefined ? {} : { clock })
}
