import { ownerOf } from '../chatflows/owner.ts'
import { flowPorts } from '../chatflows/ports.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Ports } from '../engine/node/ports.ts'
import { createVectorPort, type Chat } from './store.ts'

/** The world of work that recalls no conversation; without `chat` it belongs to none. */
export function workPorts(
  ctx: Ctx,
  workspaceId: string,
  chat: Chat = { owner: ownerOf(ctx), chatId: newId() },
): Ports {
  return {
    ...flowPorts(ctx, workspaceId),
    history: async () => [],
    savedRun: async () => undefined,
    vectors: createVectorPort(ctx.deps, workspaceId, chat),
  }
}
