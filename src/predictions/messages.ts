import { findOwn } from '../chatflows/service.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { pageRequest, type Page } from '../core/paging.ts'
import { tenantEm } from '../db/tenant.ts'
import { ChatMessage, Execution } from './entity.ts'
import { forgetMessages } from './forget.ts'

export interface MessageFilter {
  /** The chatflow. */
  readonly id: string
  readonly chatId?: string | null | undefined
  readonly sessionId?: string | null | undefined
  readonly startDate?: Date | null | undefined
  readonly endDate?: Date | null | undefined
  readonly order?: 'ASC' | 'DESC' | null | undefined
}

export const mostMessages = 1000

/** The messages of a chatflow, oldest first unless told otherwise; at most 1,000. Throws NOT_FOUND. */
export async function listMessages(ctx: Ctx, input: MessageFilter): Promise<ChatMessage[]> {
  return findMessages(ctx, input, { limit: mostMessages, offset: 0 })
}

/** One page of the same list. Throws NOT_FOUND, BAD_REQUEST for a page that cannot be. */
export async function messagePage(
  ctx: Ctx,
  input: MessageFilter & { page: number; limit: number },
): Promise<Page<ChatMessage>> {
  const page = pageRequest(input.page, input.limit)
  const data = await findMessages(ctx, input, page)
  return { data, total: await tenantEm(ctx).count(ChatMessage, conditionOf(input)) }
}

/** Removes the messages of a chatflow that fit, with their ratings and runs. Throws NOT_FOUND. */
export async function deleteMessages(ctx: Ctx, input: MessageFilter): Promise<{ deleted: number }> {
  return tenantEm(ctx).transactional(async (em) => {
    await findOwn(em, input.id)
    const fitting = em.createQueryBuilder(ChatMessage).select('id').where(conditionOf(input))
    return { deleted: await forgetMessages(em, input.id, fitting.toQuery()) }
  })
}

export interface ExecutionFilter {
  readonly chatflowid?: string | null | undefined
  readonly sessionId?: string | null | undefined
  readonly page?: number | null | undefined
  readonly limit?: number | null | undefined
}

/** The runs of the workspace's flows, newest first; by default the last 100. */
export async function listExecutions(ctx: Ctx, input: ExecutionFilter): Promise<Page<Execution>> {
  const { chatflowid, sessionId } = input
  if (chatflowid && !isUuid(chatflowid)) return { data: [], total: 0 }
  const [data, total] = await tenantEm(ctx).findAndCount(
    Execution,
    { ...(chatflowid ? { chatflowid } : {}), ...(sessionId ? { sessionId } : {}) },
    {
      orderBy: { createdDate: 'desc', id: 'desc' },
      ...pageRequest(input.page ?? 1, input.limit ?? 100),
    },
  )
  return { data, total }
}

/** One run. Throws NOT_FOUND. */
export async function getExecution(ctx: Ctx, input: { id: string }): Promise<Execution> {
  const execution = isUuid(input.id)
    ? await tenantEm(ctx).findOne(Execution, { id: input.id })
    : null
  if (!execution) throw new Failure('NOT_FOUND', 'There is no such execution in this workspace.')
  return execution
}

async function findMessages(
  ctx: Ctx,
  input: MessageFilter,
  page: { limit: number; offset: number },
): Promise<ChatMessage[]> {
  const em = tenantEm(ctx)
  await findOwn(em, input.id)
  const order = input.order === 'DESC' ? 'desc' : 'asc'
  return em.find(ChatMessage, conditionOf(input), {
    orderBy: { createdDate: order, id: order },
    ...page,
  })
}

/** The condition of a filter, for rows of conversations. */
export function conditionOf({ id, chatId, sessionId, startDate, endDate }: MessageFilter) {
  return {
    chatflowid: id,
    ...(chatId ? { chatId } : {}),
    ...(sessionId ? { sessionId } : {}),
    ...(startDate || endDate
      ? {
          createdDate: {
            ...(startDate ? { $gte: startDate } : {}),
            ...(endDate ? { $lte: endDate } : {}),
          },
        }
      : {}),
  }
}
