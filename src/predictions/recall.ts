import { ownerOf } from '../chatflows/owner.ts'
import type { ChatflowView } from '../chatflows/view.ts'
import type { Ctx } from '../context.ts'
import type { HistoryMessage, SavedRun } from '../engine/node/ports.ts'

const longestMemory = 1000

/** Which conversation of a flow a run goes on with. */
export interface Conversation {
  readonly flow: ChatflowView
  readonly chatId: string
}

/** The caller's own rows; nameless callers are told apart by the chatId alone, whatever session they name. */
const own = `owner = ? and (owner <> 'anonymous' or chat_id = ?)`

/** The newest messages of the caller's own session, oldest first. */
export async function recall(
  ctx: Ctx,
  { flow, chatId }: Conversation,
  sessionId: string,
): Promise<HistoryMessage[]> {
  const { database } = ctx.deps
  const newest = await database.rows<HistoryMessage>(
    database.workspaceEm({ workspaceId: flow.workspaceId }),
    `select role, content from chat_message
     where chatflowid = ? and session_id = ? and ${own}
     order by created_date desc, id desc limit ${longestMemory}`,
    [flow.id, sessionId, ownerOf(ctx), chatId],
  )
  return newest.toReversed()
}

type KeptRun = Omit<SavedRun, 'claim'>

/** How the last run of the caller's own session ended, and what it left; undefined before the first. */
export async function newestRun(
  ctx: Ctx,
  { flow, chatId }: Conversation,
  sessionId: string,
): Promise<{ readonly id: string; readonly run: KeptRun } | undefined> {
  const { database } = ctx.deps
  const [row] = await database.rows<KeptRun & { id: string; state: SavedRun['state'] | null }>(
    database.workspaceEm({ workspaceId: flow.workspaceId }),
    `select id, status, executed_data as "executedData", state from execution
     where chatflowid = ? and session_id = ? and ${own}
     and (executed_data <> '[]'::jsonb or state is not null)
     order by created_date desc, id desc limit 1`,
    [flow.id, sessionId, ownerOf(ctx), chatId],
  )
  if (!row) return undefined
  const { id, status, executedData, state } = row
  return { id, run: { status, executedData, ...(state ? { state } : {}) } }
}
