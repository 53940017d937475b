import { createHash, timingSafeEqual } from 'node:crypto'
import { Failure } from '../core/errors.ts'
import type { Config } from '../platform/config.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Endpoint } from './exchange.ts'

/** Metrics for Prometheus; behind the token where one is set. */
export function metricsEndpoint(metrics: Metrics, token: string | null): Endpoint {
  return {
    method: 'GET',
    path: '/metrics',
    async answer({ headers }) {
      if (token !== null) requireToken(headers.authorization, token)
      const body = await metrics.text()
      return { status: 200, headers: { 'content-type': metrics.contentType }, body }
    },
  }
}

/** A port of their own takes the metrics away from the public one. */
export function hasPublicMetrics({ metrics }: Config): boolean {
  return metrics.port === null && metrics.token !== null
}

function requireToken(authorization: string | undefined, token: string): void {
  const presented = /^Bearer +([!-~]+) *$/i.exec(authorization ?? '')?.[1] ?? ''
  // Digests have one length, whatever was presented.
  if (timingSafeEqual(sha256(presented), sha256(token))) return
  throw new Failure('UNAUTHENTICATED', 'Metrics are for the bearer of METRICS_TOKEN.')
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
