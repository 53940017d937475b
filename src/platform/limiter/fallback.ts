import type { Limiter } from './limiter.ts'

/**
 * Asks the first limiter and, whenever it fails, the second: a store that is down neither opens
 * the door nor closes it. A series of failures is reported once.
 */
export function withFallback(
  first: Limiter,
  second: Limiter,
  onError: (error: unknown) => void,
): Limiter {
  let isDown = false
  const ask = async <T>(question: (limiter: Limiter) => Promise<T>) => {
    try {
      const answer = await question(first)
      isDown = false
      return answer
    } catch (error) {
      if (!isDown) onError(error)
      isDown = true
      return question(second)
    }
  }

  return {
    hit: (key, rule) => ask((limiter) => limiter.hit(key, rule)),
    peek: (key, rule) => ask((limiter) => limiter.peek(key, rule)),
    async reserve(key, rule) {
      const reservation = await ask((limiter) => limiter.reserve(key, rule))
      // A hit that cannot be given back ends with its window; the request is not to fail for it.
      const release = () => reservation.release().catch(onError)
      return { verdict: reservation.verdict, release }
    },
    async reset(key) {
      await second.reset(key)
      await ask((limiter) => limiter.reset(key))
    },
    async close() {
      await Promise.all([first.close(), second.close()])
    },
  }
}
