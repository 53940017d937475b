import { admittedFlow } from '../chatflows/admission.ts'
import { ownerOf } from '../chatflows/owner.ts'
import { findOwn } from '../chatflows/service.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { tenantEm } from '../db/tenant.ts'
import { ChatMessage, Feedback, Lead } from './entity.ts'
import { conditionOf, mostMessages, type MessageFilter } from './messages.ts'

export type Rating = Feedback['rating']

/** Rates an answer of the caller's own conversation; a second rating replaces the first. Throws NOT_FOUND. */
export async function giveFeedback(
  ctx: Ctx,
  input: {
    id: string
    chatId: string
    messageId: string
    rating: Rating
    content?: string | null | undefined
  },
): Promise<Feedback> {
  const flow = await admittedFlow(ctx, input.id)
  const em = ctx.deps.database.workspaceEm({ workspaceId: flow.workspaceId })
  const owner = ownerOf(ctx)
  const { chatId, messageId } = input
  const message = isUuid(messageId)
    ? await em.findOne(ChatMessage, { id: messageId, chatflowid: flow.id, chatId, owner })
    : null
  if (!message) throw new Failure('NOT_FOUND', 'There is no such message in this conversation.')
  const known = await em.findOne(Feedback, { messageId })
  const feedback =
    known ??
    em.create(Feedback, {
      workspaceId: flow.workspaceId,
      chatflowid: flow.id,
      chatId,
      messageId,
      owner,
      rating: input.rating,
      content: null,
    })
  feedback.rating = input.rating
  feedback.content = input.content ?? null
  await em.flush()
  return feedback
}

/** Changes a rating that the caller gave. Throws NOT_FOUND. */
export async function updateFeedback(
  ctx: Ctx,
  input: { id: string; rating?: Rating | null | undefined; content?: string | null | undefined },
): Promise<Feedback> {
  const flow = await admittedFlow(ctx, input.id)
  const em = ctx.deps.database.workspaceEm({ workspaceId: flow.workspaceId })
  const feedback = await em.findOne(Feedback, { id: input.id, owner: ownerOf(ctx) })
  if (!feedback) throw new Failure('NOT_FOUND', 'There is no such feedback.')
  if (input.rating) feedback.rating = input.rating
  if (input.content !== undefined) feedback.content = input.content
  await em.flush()
  return feedback
}

/** Stores who left their address in a chat with the flow that the caller was admitted to. */
export async function leaveLead(
  ctx: Ctx,
  input: {
    chatflowid: string
    chatId: string
    name?: string | null | undefined
    email?: string | null | undefined
    phone?: string | null | undefined
  },
): Promise<Lead> {
  const flow = await admittedFlow(ctx, input.chatflowid)
  const em = ctx.deps.database.workspaceEm({ workspaceId: flow.workspaceId })
  const lead = em.create(Lead, {
    workspaceId: flow.workspaceId,
    chatflowid: flow.id,
    chatId: input.chatId,
    name: input.name ?? null,
    email: input.email ?? null,
    phone: input.phone ?? null,
  })
  await em.flush()
  return lead
}

/** What people thought of a chatflow's answers, newest first; at most 1,000. Throws NOT_FOUND. */
export async function listFeedback(ctx: Ctx, input: ReactionFilter): Promise<Feedback[]> {
  const em = tenantEm(ctx)
  await findOwn(em, input.id)
  return em.find(Feedback, conditionOf(input), newestReactions)
}

/** Who left their address in chats with a flow, newest first; at most 1,000. Throws NOT_FOUND. */
export async function listLeads(ctx: Ctx, input: ReactionFilter): Promise<Lead[]> {
  const em = tenantEm(ctx)
  await findOwn(em, input.id)
  return em.find(Lead, conditionOf(input), newestReactions)
}

type ReactionFilter = Omit<MessageFilter, 'sessionId' | 'order'>

const newestReactions = {
  orderBy: { createdDate: 'desc', id: 'desc' },
  limit: mostMessages,
} as const
