import type { AdmitToFlow, Ctx, Deps } from '../context.ts'
import type { Caller } from '../core/caller.ts'
import { networkOf } from '../core/network.ts'
import type { Exchange } from './exchange.ts'

export interface ContextParts {
  readonly deps: Deps
  readonly admitToFlow: AdmitToFlow
  /** Never throws for a bad credential; UNAVAILABLE when it cannot be judged. */
  authenticate(header: string | null): Promise<Caller>
}

/** Makes the context of an operation, with the caller that `authorization` proves. */
export type MakeContext = (exchange: Exchange, authorization: string | null) => Promise<Ctx>

export function contextMaker(parts: ContextParts): MakeContext {
  return async (exchange, authorization) => {
    const caller = await parts.authenticate(authorization)
    exchange.caller = caller
    return {
      caller,
      request: {
        id: exchange.requestId,
        address: exchange.address,
        network: networkOf(exchange.address),
        userAgent: exchange.headers['user-agent'] ?? null,
        origin: exchange.headers['origin'] ?? null,
        signal: exchange.signal,
        uploads: exchange.uploads,
      },
      deps: parts.deps,
      admitToFlow: parts.admitToFlow,
      admitted: new Map(),
      proven: null,
      loaders: new Map(),
    }
  }
}
