import type { Stage } from '../exchange.ts'
import type { FindEndpoint } from '../router.ts'

/** Finds where the path leads; that it may lead nowhere is the affair of a later stage. */
export function findEndpoint(find: FindEndpoint): Stage {
  return (exchange, next) => {
    exchange.found = find(exchange.method, exchange.path)
    return next(exchange)
  }
}
