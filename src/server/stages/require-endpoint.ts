import { Failure } from '../../core/errors.ts'
import type { Stage } from '../exchange.ts'

/** Refuses paths that lead nowhere, and methods that a path does not answer. */
export const requireEndpoint: Stage = (exchange, next) => {
  if (!exchange.found) throw new Failure('NOT_FOUND', 'There is nothing at this path.')
  if (!exchange.found.endpoint) {
    const allow = exchange.found.allow.join(', ')
    throw new Failure('METHOD_NOT_ALLOWED', `This path answers ${allow} only.`, { allow })
  }
  return next(exchange)
}
