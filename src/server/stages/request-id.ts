import { randomUUID } from 'node:crypto'
import { withHeaders } from '../../rest/answer.ts'
import type { Stage } from '../exchange.ts'

const sane = /^[\w.-]{1,100}$/

/** Takes the request's id from `X-Request-Id` or makes one, and puts it on the answer. */
export const requestId: Stage = async (exchange, next) => {
  const given = exchange.headers['x-request-id']
  exchange.requestId = given !== undefined && sane.test(given) ? given : randomUUID()
  return withHeaders(await next(exchange), { 'x-request-id': exchange.requestId })
}
