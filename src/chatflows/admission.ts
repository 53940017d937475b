import type { Ctx, Deps, FlowDemand, FlowHead } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import type { Statement } from '../db/statement.ts'
import { decideAccess } from './access.ts'
import { findFlow, type ChatflowView } from './view.ts'

const ofFeedback = '(select chatflowid from chat_message_feedback where id = ?)'

/** The head of a flow, or of the flow that a rating is of, whosever it is; null for what is none. */
export async function findFlowHead(
  deps: Deps,
  id: string,
  idOf: FlowDemand['idOf'] = 'flow',
): Promise<FlowHead | null> {
  if (!isUuid(id)) return null
  return idOf === 'flow' ? findAnywhere(deps, id) : locate(deps, { sql: ofFeedback, params: [id] })
}

/** A flow, whosever it is. The next requests have it without the database, until it changes. */
async function findAnywhere(deps: Deps, id: string): Promise<ChatflowView | null> {
  return deps.stored.get(id, async () => {
    const head = await locate(deps, { sql: '?', params: [id] })
    const flow = head && (await findFlow(deps, head))
    if (!flow) return null
    const texts = Object.values(flow).filter((value) => typeof value === 'string')
    const size = texts.reduce((sum, text) => sum + text.length, 0)
    const tags = [`flow:${id}`, `workspace:${flow.workspaceId}`] as const
    return { value: Object.freeze(flow), tags, size }
  })
}

/** What may be known of a flow before its workspace is; `id` is the text of its id. */
async function locate({ database }: Deps, id: Statement): Promise<FlowHead | null> {
  const [head] = await database.rows<FlowHead>(
    database.lookupEm(),
    `select id, workspace_id as "workspaceId", apikeyid, is_public as "isPublic",
       chatbot_config as "chatbotConfig"
     from chatflow where id = ${id.sql}`,
    id.params,
  )
  return head ?? null
}

/**
 * Applies the decision of `access.ts`, and remembers whom it admitted. Throws UNAUTHENTICATED,
 * FORBIDDEN, NOT_FOUND, or RATE_LIMITED for anonymous callers that come too often.
 */
export async function admitToFlow(ctx: Ctx, demand: FlowDemand): Promise<void> {
  const { config, limiter } = ctx.deps
  const head = await findFlowHead(ctx.deps, demand.id, demand.idOf)
  const admission = decideAccess(head, {
    caller: ctx.caller,
    demand,
    origin: ctx.request.origin,
    anonymousAccess: config.anonymousAccess,
  })
  if (!admission.admitted) {
    if (admission.code === 'FORBIDDEN') throw new Failure('FORBIDDEN', admission.message)
    if (admission.code === 'NOT_FOUND') throw noSuchFlow()
    throw needsCredential()
  }
  if (admission.as === 'anyone') {
    const { anonymousPredictionPerAddress: rule } = config.rateLimits
    const verdict = await limiter.hit(`anonymous ${ctx.request.network}`, rule)
    if (!verdict.allowed) {
      throw new Failure('RATE_LIMITED', 'Too many calls from this address; try again later.', {
        retryAfter: verdict.retryAfter,
      })
    }
  }
  if (head) ctx.admitted.set(demand.id, { head, admittedAs: admission.as })
}

/**
 * Refuses whoever was admitted as anyone may, as though the flow were not public. Throws
 * UNAUTHENTICATED, NOT_FOUND for people of other workspaces, FORBIDDEN for those who lack the right.
 */
export function refuseStranger({ admitted, caller }: Ctx, id: string): void {
  const found = admitted.get(id)
  if (found?.admittedAs === 'principal') return
  if (caller.kind === 'anonymous') throw needsCredential()
  if (caller.workspaceId !== found?.head.workspaceId) throw noSuchFlow()
  throw new Failure('FORBIDDEN', 'This needs the permission predictions:create.')
}

/** The flow that the operation was admitted to. Throws NOT_FOUND when it was removed meanwhile. */
export async function admittedFlow(ctx: Ctx, id: string): Promise<ChatflowView> {
  const admitted = ctx.admitted.get(id)
  if (!admitted) throw new Error('A flow was asked for that nobody was admitted to.')
  return readFlow(ctx.deps, admitted.head.id)
}

/** Throws NOT_FOUND for a flow that is not there. */
export async function readFlow(deps: Deps, id: string): Promise<ChatflowView> {
  const flow = isUuid(id) ? await findAnywhere(deps, id) : null
  if (!flow) throw noSuchFlow()
  return flow
}

function needsCredential(): Failure {
  const sentence = 'This needs an API key or a token, sent as "Authorization: Bearer …".'
  return new Failure('UNAUTHENTICATED', sentence)
}

export function noSuchFlow(): Failure {
  return new Failure('NOT_FOUND', 'There is no such chatflow in this workspace.')
}
