import { ownerOf } from '../chatflows/owner.ts'
import type { ChatflowView } from '../chatflows/view.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { insertion, type Statement } from '../db/statement.ts'
import { ChatFile } from './entity.ts'

/** Where a conversation's files are, and whose it is. */
export interface ChatPlace {
  readonly flow: Pick<ChatflowView, 'id' | 'workspaceId'>
  readonly chatId: string
}

/** The files of the caller's own conversation with these names; those that are not there are left out. */
export async function findFiles(
  ctx: Ctx,
  place: ChatPlace,
  names: readonly string[],
): Promise<ReadonlyMap<string, ChatFile>> {
  if (names.length === 0) return new Map()
  const em = ctx.deps.database.workspaceEm({ workspaceId: place.flow.workspaceId })
  const files = await em.find(ChatFile, { ...conditionOf(ctx, place), name: { $in: [...names] } })
  return new Map(files.map((file) => [file.name, file]))
}

type NewFile = Pick<ChatFile, 'name' | 'mime' | 'content' | 'text'>

/** Keeps files of the caller's own conversation; a newer one of a name replaces the older. */
export async function keepFiles(
  ctx: Ctx,
  place: ChatPlace,
  files: readonly NewFile[],
): Promise<void> {
  if (files.length === 0) return
  const { workspaceId } = place.flow
  const older = {
    sql: `delete from chat_file where chatflowid = ? and chat_id = ? and owner = ?
      and name in (${files.map(() => '?').join(', ')})`,
    params: [...Object.values(conditionOf(ctx, place)), ...files.map(({ name }) => name)],
  }
  await ctx.deps.database.write({ workspaceId }, [older, ...fileRows(ctx, place, files)])
}

/** The statements that add files to a conversation. */
export function fileRows(ctx: Ctx, place: ChatPlace, files: readonly NewFile[]): Statement[] {
  if (files.length === 0) return []
  const rows = files.map((file): ChatFile => ({
    ...conditionOf(ctx, place),
    ...file,
    id: newId(),
    workspaceId: place.flow.workspaceId,
    size: file.content.length,
    createdDate: ctx.deps.clock.now(),
  }))
  return [insertion('chat_file', rows)]
}

function conditionOf(ctx: Ctx, { flow, chatId }: ChatPlace) {
  return { chatflowid: flow.id, chatId, owner: ownerOf(ctx) }
}
