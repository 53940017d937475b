import type { Metrics } from '../../platform/metrics.ts'
import type { Exchange, Stage } from '../exchange.ts'

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])

/** Counts the answer under its route; what no route answers is counted together. */
export function measure(metrics: Metrics): Stage {
  return async (exchange, next) => {
    const start = performance.now()
    const answer = await next(exchange)
    const seconds = (performance.now() - start) / 1000
    metrics.request({ ...placeOf(exchange), status: answer.status, seconds })
    return answer
  }
}

/** Never more series than there are endpoints, and one for each method we know. */
function placeOf({ found, method }: Exchange): { route: string; method: string } {
  const endpoint = found?.endpoint
  if (endpoint) return { route: endpoint.path, method: endpoint.method }
  return { route: 'none', method: methods.has(method) ? method : 'other' }
}
