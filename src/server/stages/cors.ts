import { withHeaders, type Answer, type AnswerHeaders } from '../../rest/answer.ts'
import type { Exchange, Stage } from '../exchange.ts'

const exposed = 'X-Request-Id, Retry-After, WWW-Authenticate'
const accepted =
  'Authorization, Content-Type, X-Request-Id, X-Request-From, X-GraphQL-Yoga-CSRF, Apollo-Require-Preflight'

/**
 * Tells browsers which pages may read answers: those of `origins`, and any for what a widget
 * calls. Never with credentials: this server knows no cookies. Which pages may use a flow is
 * decided where the flow's access is.
 */
export function cors(origins: readonly string[]): Stage {
  const allowed = new Set(origins)
  return async (exchange, next) => {
    const headers = originHeaders(exchange, allowed)
    const answer = exchange.method === 'OPTIONS' ? preflight(exchange, headers) : null
    return withHeaders(answer ?? (await next(exchange)), headers)
  }
}

function originHeaders(exchange: Exchange, allowed: ReadonlySet<string>): AnswerHeaders {
  if (exchange.found?.widget) {
    return { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed }
  }
  if (allowed.size === 0) return {}
  const { origin } = exchange.headers
  if (origin === undefined || !allowed.has(origin)) return { vary: 'Origin' }
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposed,
    vary: 'Origin',
  }
}

/** Null where the path leads nowhere. Without `Access-Control-*` the browser refuses by itself. */
function preflight({ found }: Exchange, origin: AnswerHeaders): Answer | null {
  if (!found) return null
  const allow = found.allow.join(', ')
  const granted = 'access-control-allow-origin' in origin && {
    'access-control-allow-methods': allow,
    'access-control-allow-headers': accepted,
    'access-control-max-age': '600',
  }
  return { status: 204, headers: { allow, ...granted }, body: null }
}
