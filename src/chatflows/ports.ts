import type { Ctx } from '../context.ts'
import { revealCredential } from '../credentials/service.ts'
import type { Ports } from '../engine/ports.ts'

/** The world a flow of a workspace runs in; whoever runs it says which conversation it may recall. */
export function flowPorts(ctx: Ctx, workspaceId: string, history: Ports['history']): Ports {
  const { deps } = ctx
  return {
    fetch: deps.fetch,
    clock: deps.clock,
    credential: (id) => revealCredential(deps, workspaceId, id),
    variables: async () => ({}),
    history,
  }
}
