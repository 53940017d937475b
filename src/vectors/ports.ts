import { flowPorts } from '../chatflows/ports.ts'
import type { Ctx } from '../context.ts'
import type { Ports } from '../engine/node/ports.ts'
import { createVectorPort } from './store.ts'

/** The world of work that belongs to no conversation. */
export function workPorts(ctx: Ctx, workspaceId: string): Ports {
  return {
    ...flowPorts(ctx, workspaceId),
    history: async () => [],
    savedRun: async () => undefined,
    vectors: createVectorPort(ctx.deps, workspaceId),
  }
}
