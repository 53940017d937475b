import type { Stage } from '../exchange.ts'

/**
 * No guessing of types, no path of ours in a referrer, and no answer kept by a cache unless the
 * endpoint says so itself.
 */
export const securityHeaders: Stage = async (exchange, next) => {
  const answer = await next(exchange)
  const headers = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...answer.headers,
  }
  return { ...answer, headers }
}
