import type { Teller } from '../chatflows/telling.ts'
import type { Ctx } from '../context.ts'
import { principal } from '../db/tenant.ts'
import type { Emit } from '../engine/node/events.ts'
import type { Ports } from '../engine/node/ports.ts'
import { workPorts } from '../vectors/ports.ts'

/** Work on a document store as the engine does it. */
export interface Work {
  readonly ports: Ports
  readonly signal: AbortSignal
  readonly emit: Emit
}

const timeoutMs = 3_600_000

/**
 * Does work on a store as one of the runs under way, with the files of the request at hand; a
 * listener hears how far it is.
 * @throws Failure RATE_LIMITED when too much runs already, and what the work throws.
 */
export async function underway<T>(
  ctx: Ctx,
  { storeId, listener }: { readonly storeId: string; readonly listener?: Teller | undefined },
  work: (how: Work) => Promise<T>,
): Promise<T> {
  const { workspaceId } = principal(ctx)
  const release = ctx.request.uploads?.hold()
  const run = ctx.deps.runs.begin({
    name: `document store ${storeId}`,
    workspaceId,
    isAnonymous: false,
  })
  try {
    const signals = [run.signal, ctx.request.signal, AbortSignal.timeout(timeoutMs)]
    return await work({
      ports: workPorts(ctx, workspaceId),
      signal: AbortSignal.any(listener ? [...signals, listener.signal] : signals),
      emit: listener?.emit ?? (() => undefined),
    })
  } finally {
    run.end()
    await release?.()
  }
}
