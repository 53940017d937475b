import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Chatflow } from '../chatflows/entity.ts'
import { ownerOf } from '../chatflows/owner.ts'
import type { Ctx } from '../context.ts'
import { ChatFile } from './entity.ts'

/** Where a conversation's files are, and whose it is. */
export interface ChatPlace {
  readonly flow: Pick<Chatflow, 'id' | 'workspaceId'>
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

/** Keeps files of the caller's own conversation; a newer one of a name replaces the older. */
export async function keepFiles(
  ctx: Ctx,
  place: ChatPlace,
  files: readonly Pick<ChatFile, 'name' | 'mime' | 'content' | 'text'>[],
): Promise<void> {
  const em = ctx.deps.database.workspaceEm({ workspaceId: place.flow.workspaceId })
  await em.transactional(async (inner) => {
    const names = files.map(({ name }) => name)
    await inner.nativeDelete(ChatFile, { ...conditionOf(ctx, place), name: { $in: names } })
    addFiles(inner, ctx, { place, files })
  })
}

/** Adds files to what the EntityManager is about to write. */
export function addFiles(
  em: SqlEntityManager,
  ctx: Ctx,
  {
    place,
    files,
  }: {
    readonly place: ChatPlace
    readonly files: readonly Pick<ChatFile, 'name' | 'mime' | 'content' | 'text'>[]
  },
): void {
  const { flow } = place
  for (const file of files) {
    em.create(ChatFile, {
      ...conditionOf(ctx, place),
      ...file,
      workspaceId: flow.workspaceId,
      size: file.content.length,
    })
  }
}

function conditionOf(ctx: Ctx, { flow, chatId }: ChatPlace) {
  return { chatflowid: flow.id, chatId, owner: ownerOf(ctx) }
}
