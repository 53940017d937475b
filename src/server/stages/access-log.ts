import type { Caller } from '../../core/caller.ts'
import type { Log } from '../../platform/log.ts'
import type { Stage } from '../exchange.ts'

/** One line a request. The route's pattern, never the path: paths carry keys. */
export function accessLog(log: Log): Stage {
  return async (exchange, next) => {
    const start = performance.now()
    const answer = await next(exchange)
    log.info(
      {
        requestId: exchange.requestId,
        method: exchange.method,
        route: exchange.found?.pattern ?? null,
        operation: exchange.operation ?? undefined,
        status: answer.status,
        durationMs: Math.round((performance.now() - start) * 10) / 10,
        address: exchange.address,
        ...whoOf(exchange.caller),
      },
      'request',
    )
    return answer
  }
}

function whoOf(caller: Caller | null): Readonly<Record<string, string>> {
  if (caller?.kind === 'user') return { userId: caller.userId, workspaceId: caller.workspaceId }
  if (caller?.kind === 'key') return { keyId: caller.keyId, workspaceId: caller.workspaceId }
  return {}
}
