import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { ApiKey } from '../apikeys/entity.ts'
import { verifyApiKey } from '../apikeys/proving.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { pageRequest, type Page } from '../core/paging.ts'
import { permits } from '../core/permissions.ts'
import { listRows, pageRows, type Condition, type Source } from '../db/list.ts'
import { principal, tenantEm } from '../db/tenant.ts'
import { noSuchFlow } from './admission.ts'
import { Chatflow, type ChatflowType } from './entity.ts'
import { emptyFlowData, readFlowData, readJsonText, type JsonTexts } from './input.ts'
import { chatflows, type ChatflowView } from './view.ts'

export interface ChatflowInput extends JsonTexts {
  readonly name?: string | null | undefined
  readonly flowData?: unknown
  readonly type?: ChatflowType | null | undefined
  readonly deployed?: boolean | null | undefined
  readonly isPublic?: boolean | null | undefined
  readonly apikeyid?: string | null | undefined
  readonly category?: string | null | undefined
}

interface OfType {
  readonly type?: ChatflowType | null | undefined
}

/** The chatflows of the workspace, newest change first; of one type, where it is given. */
export async function listChatflows(ctx: Ctx, input: OfType): Promise<ChatflowView[]> {
  return listRows(ctx, chatflows, ofType(input))
}

/** One page of the same list. Throws BAD_REQUEST for a page that cannot be. */
export async function chatflowPage(
  ctx: Ctx,
  input: OfType & { page: number; limit: number },
): Promise<Page<ChatflowView>> {
  const page = pageRequest(input.page, input.limit)
  return pageRows(ctx, chatflows, { ...ofType(input), page })
}

/** One chatflow. Throws NOT_FOUND. */
export async function getChatflow(ctx: Ctx, input: { id: string }): Promise<ChatflowView> {
  return findOwn(tenantEm(ctx), input.id)
}

/** Stores a chatflow. Throws BAD_REQUEST for JSON that cannot be, or a key that is not of the workspace. */
export async function createChatflow(
  ctx: Ctx,
  input: ChatflowInput & { name: string },
): Promise<ChatflowView> {
  const em = tenantEm(ctx)
  const apikeyid = input.apikeyid || null
  if (apikeyid) await requireLiveKey(ctx, em, apikeyid)
  const chatflow = em.create(Chatflow, {
    workspaceId: principal(ctx).workspaceId,
    name: input.name.normalize('NFC'),
    flowData: input.flowData == null ? emptyFlowData : readFlowData(input.flowData),
    type: input.type ?? 'CHATFLOW',
    deployed: input.deployed ?? false,
    isPublic: input.isPublic ?? false,
    apikeyid,
    category: input.category || null,
    ...readJsonText(input),
  })
  await em.persist(chatflow).flush()
  return chatflow
}

/** Changes what is given and leaves the rest; null clears what can be absent. Throws NOT_FOUND, BAD_REQUEST. */
export async function updateChatflow(
  ctx: Ctx,
  input: ChatflowInput & { id: string },
): Promise<ChatflowView> {
  const em = tenantEm(ctx)
  const chatflow = await findOwn(em, input.id)
  const apikeyid = input.apikeyid === undefined ? chatflow.apikeyid : input.apikeyid || null
  if (apikeyid && apikeyid !== chatflow.apikeyid) await requireLiveKey(ctx, em, apikeyid)
  em.assign(chatflow, {
    ...given({
      name: input.name?.normalize('NFC'),
      type: input.type,
      deployed: input.deployed,
      isPublic: input.isPublic,
    }),
    ...(input.flowData == null ? {} : { flowData: readFlowData(input.flowData) }),
    ...(input.category === undefined ? {} : { category: input.category || null }),
    ...readJsonText(input),
    apikeyid: apikeyid ?? null,
  })
  await em.flush()
  await ctx.deps.access.forget(`flow:${chatflow.id}`)
  return chatflow
}

/** Removes a chatflow with its conversations. Throws NOT_FOUND. */
export async function deleteChatflow(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const removed = isUuid(input.id)
    ? await tenantEm(ctx).nativeDelete(Chatflow, { id: input.id })
    : 0
  if (removed === 0) throw noSuchFlow()
  await ctx.deps.access.forget(`flow:${input.id}`)
  return { id: input.id, deleted: true }
}

/** Whether a chatflow changed after a moment, so that an editor can ask before it saves. Throws NOT_FOUND. */
export async function hasChanged(
  ctx: Ctx,
  input: { id: string; lastUpdatedDateTime: Date },
): Promise<{ hasChanged: boolean }> {
  const chatflow = await findOwn(tenantEm(ctx), input.id)
  return { hasChanged: chatflow.updatedDate > input.lastUpdatedDateTime }
}

/**
 * The chatflows bound to a key that is presented. Throws UNAUTHENTICATED for what is no live key,
 * FORBIDDEN for one that may not view chatflows.
 */
export async function chatflowsByApiKey(ctx: Ctx, input: { key: string }): Promise<ChatflowView[]> {
  const key = await verifyApiKey(ctx, input)
  if (!permits(key.permissions, 'chatflows:view')) {
    throw new Failure('FORBIDDEN', 'This needs the permission chatflows:view.')
  }
  const { workspaceId, id: keyId, permissions, rateLimit } = key
  const caller = {
    kind: 'key',
    keyId,
    workspaceId,
    permissions,
    rateLimit,
    exchanged: false,
  } as const
  return listRows({ ...ctx, caller }, chatflows, { where: isBoundTo([keyId]) })
}

/** A chatflow in the company of the key or credential it names. */
export interface BoundChatflow {
  readonly id: string
  readonly flowName: string
  readonly apikeyid: string | null
  readonly type: ChatflowType
  readonly deployed: boolean
  readonly isPublic: boolean
  readonly category: string | null
  readonly updatedDate: Date | string
}

const boundChatflows: Source<BoundChatflow> = {
  table: 'chatflow',
  columns: `id, name as "flowName", apikeyid, type, deployed, is_public as "isPublic", category,
    updated_date as "updatedDate"`,
}

/** The chatflows of the caller's workspace that are bound to any of the keys. */
export async function boundTo(ctx: Ctx, keyIds: readonly string[]): Promise<BoundChatflow[]> {
  return listRows(ctx, boundChatflows, { where: isBoundTo(keyIds) })
}

/** The chatflows of the caller's workspace that name a credential, or another row, anywhere. */
export async function usingRow(ctx: Ctx, id: string): Promise<BoundChatflow[]> {
  if (!isUuid(id)) return []
  const where = { sql: 'flow_data like ?', params: [`%${id}%`] }
  return listRows(ctx, boundChatflows, { where })
}

/** The chatflow with that id in the EntityManager's workspace. Throws NOT_FOUND. */
export async function findOwn(em: SqlEntityManager, id: string): Promise<Chatflow> {
  const chatflow = isUuid(id) ? await em.findOne(Chatflow, { id }) : null
  if (!chatflow) throw noSuchFlow()
  return chatflow
}

async function requireLiveKey(ctx: Ctx, em: SqlEntityManager, id: string): Promise<void> {
  const key = await em.findOne(ApiKey, { id })
  if (!key || (key.expiresDate && key.expiresDate <= ctx.deps.clock.now())) {
    throw new Failure('BAD_REQUEST', 'apikeyid must be the id of a live API key of this workspace.')
  }
}

function isBoundTo(keyIds: readonly string[]): Condition {
  return { sql: `apikeyid in (${keyIds.map(() => '?').join(', ')})`, params: keyIds }
}

function ofType(input: OfType): { where?: Condition } {
  return input.type ? { where: { sql: 'type = ?', params: [input.type] } } : {}
}

/** Without what is absent or null, so that columns which cannot be null keep what they hold. */
function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present = Object.entries(values).filter(([, value]) => value != null)
  return Object.fromEntries(present) as { [K in keyof T]?: NonNullable<T[K]> }
}
