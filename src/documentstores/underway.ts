import type { Ctx } from '../context.ts'
import { principal } from '../db/tenant.ts'
import type { Ports } from '../engine/node/ports.ts'
import { workPorts } from '../vectors/ports.ts'

/** Work on a document store as the engine does it. */
export interface Work {
  readonly ports: Ports
  readonly signal: AbortSignal
}

const timeoutMs = 3_600_000

/**
 * Does work on a store as one of the runs under way, with the files of the request at hand.
 * @throws Failure RATE_LIMITED when too much runs already, and what the work throws.
 */
export async function underway<T>(
  ctx: Ctx,
  storeId: string,
  work: (how: Work) => Promise<T>,
): Promise<T> {
  const { workspaceId } = principal(ctx)
  const release = ctx.request.uploads?.hold()
  const run = ctx.deps.runs.begin(`document store ${storeId}`, workspaceId)
  try {
    const signals = [run.signal, ctx.request.signal, AbortSignal.timeout(timeoutMs)]
    return await work({ ports: workPorts(ctx, workspaceId), signal: AbortSignal.any(signals) })
  } finally {
    run.end()
    await release?.()
  }
}
