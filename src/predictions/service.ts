import { admittedFlow } from '../chatflows/admission.ts'
import type { Chatflow } from '../chatflows/entity.ts'
import { flowPorts } from '../chatflows/ports.ts'
import { flowSource } from '../chatflows/public.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { parseFlow } from '../engine/flow.ts'
import type { HistoryMessage } from '../engine/ports.ts'
import type { FlowResult } from '../engine/result.ts'
import { runFlow } from '../engine/run.ts'
import { isStreamable } from '../engine/validate.ts'
import { ChatMessage, type MessageRole } from './entity.ts'
import { readRunInput, type PredictionInput } from './input.ts'
import { limitFlow } from './limit.ts'

/** The answer of a flow. */
export interface Prediction extends FlowResult {
  readonly question: string | null
  readonly chatId: string
  readonly chatMessageId: string
  readonly isStreamValid: boolean
}

const runTimeoutMs = 300_000

/**
 * Runs the flow that the caller was admitted to, and stores question and answer once it succeeded.
 * Throws BAD_REQUEST, RATE_LIMITED, UNPROCESSABLE for a flow that cannot run, UPSTREAM, TIMEOUT.
 */
export async function createPrediction(ctx: Ctx, input: PredictionInput): Promise<Prediction> {
  const stored = await admittedFlow(ctx, input.id)
  const runInput = readRunInput(input, newId())
  await limitFlow(ctx, stored)
  const flow = parseFlow(flowSource(stored))
  const chatMessageId = newId()
  const result = await runFlow({
    flow,
    input: { ...runInput, apiMessageId: chatMessageId },
    ports: flowPorts(ctx, stored.workspaceId, (sessionId) => recall(ctx, stored, sessionId)),
    signal: AbortSignal.any([ctx.request.signal, AbortSignal.timeout(runTimeoutMs)]),
    emit: () => undefined,
  })
  const question = runInput.question ?? null
  const { chatId } = runInput
  await remember(ctx, stored, { ...result, chatId, chatMessageId, asked: asked(runInput) })
  return { ...result, question, chatId, chatMessageId, isStreamValid: isStreamable(flow) }
}

/** Whose conversation it is; nobody reads or continues another's. */
function ownerOf({ caller }: Ctx): string {
  if (caller.kind === 'user') return `user:${caller.userId}`
  if (caller.kind === 'key') return `key:${caller.keyId}`
  return 'anonymous'
}

async function recall(ctx: Ctx, flow: Chatflow, sessionId: string): Promise<HistoryMessage[]> {
  const { database } = ctx.deps
  return database.rows<HistoryMessage>(
    database.workspaceEm({ workspaceId: flow.workspaceId }),
    `select role, content from chat_message
     where chatflowid = ? and session_id = ? and owner = ? order by created_date, id`,
    [flow.id, sessionId, ownerOf(ctx)],
  )
}

interface Exchange extends FlowResult {
  readonly chatId: string
  readonly chatMessageId: string
  readonly asked: string
}

/** Both messages or none. */
async function remember(ctx: Ctx, flow: Chatflow, exchange: Exchange): Promise<void> {
  const { database, clock } = ctx.deps
  const em = database.workspaceEm({ workspaceId: flow.workspaceId })
  const common = {
    workspaceId: flow.workspaceId,
    chatflowid: flow.id,
    chatId: exchange.chatId,
    sessionId: exchange.sessionId,
    owner: ownerOf(ctx),
    createdDate: clock.now(),
    memoryType: exchange.memoryType ?? null,
  }
  const say = (role: MessageRole, content: string) => ({ ...common, role, content })
  em.create(ChatMessage, {
    ...say('userMessage', exchange.asked),
    id: newId(),
    sourceDocuments: null,
    usedTools: null,
  })
  em.create(ChatMessage, {
    ...say('apiMessage', exchange.text ?? JSON.stringify(exchange.json ?? '')),
    id: exchange.chatMessageId,
    sourceDocuments: exchange.sourceDocuments ?? null,
    usedTools: exchange.usedTools ?? null,
  })
  try {
    await em.flush()
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === '23503') {
      throw new Failure('NOT_FOUND', 'The chatflow was removed while it ran.', { cause })
    }
    throw cause
  }
}

function asked(input: { question?: string; form?: unknown }): string {
  return input.question ?? JSON.stringify(input.form)
}
