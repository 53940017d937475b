import type { Ctx } from '../context.ts'
import { tenantEm } from '../db/tenant.ts'
import { toPublicFlow, toWidgetFlow } from '../engine/flow/public-flow.ts'
import { admittedFlow, readFlow } from './admission.ts'
import { loadEngine } from './engine.ts'
import type { ChatflowType } from './entity.ts'
import { flowPorts } from './ports.ts'
import { findOwn } from './service.ts'
import { parsedFlow } from './source.ts'
import { uploadsOf, type Uploads } from './uploads.ts'

/** A chatflow as those see it who may only run it. */
export interface PublicChatflow {
  readonly id: string
  readonly name: string
  readonly flowData: string
  readonly type: ChatflowType
  readonly deployed: boolean
  readonly isPublic: boolean
  readonly category: string | null
  readonly chatbotConfig: string | null
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

/** The flow that the caller was admitted to, without anything secret. */
export async function publicChatflow(ctx: Ctx, input: { id: string }): Promise<PublicChatflow> {
  const flow = await admittedFlow(ctx, input.id)
  return {
    ...flow,
    category: flow.category ?? null,
    flowData: toPublicFlow(flow.flowData),
    chatbotConfig: withoutOrigins(flow.chatbotConfig ?? null),
  }
}

/** Just what the chat widget reads: its looks, what may be uploaded, and the start form; no prompts. */
export async function publicChatbotConfig(
  ctx: Ctx,
  input: { id: string },
): Promise<Readonly<Record<string, unknown>>> {
  const flow = await admittedFlow(ctx, input.id)
  const looks: unknown = JSON.parse(withoutOrigins(flow.chatbotConfig ?? null) ?? '{}')
  return {
    ...(typeof looks === 'object' ? looks : {}),
    uploads: await uploadsOf(flow),
    flowData: toWidgetFlow(flow.flowData),
    // This server speaks to nobody.
    isTTSEnabled: false,
  }
}

/** What may be uploaded with a question to the flow that the caller was admitted to. */
export async function chatflowUploads(ctx: Ctx, input: { id: string }): Promise<Uploads> {
  return uploadsOf(await admittedFlow(ctx, input.id))
}

/** Whether a flow answers piece by piece; told to anyone, since the clients ask without credentials. */
export async function chatflowStreaming(
  ctx: Ctx,
  input: { id: string },
): Promise<{ isStreaming: boolean }> {
  const stored = await readFlow(ctx.deps, input.id)
  const { isStreamable } = await loadEngine()
  return { isStreaming: isStreamable(await parsedFlow(stored)) }
}

export interface FlowProblem {
  readonly message: string
  readonly nodeId: string | null
}

/** Everything that would keep a chatflow from running. Throws NOT_FOUND, UNPROCESSABLE. */
export async function validateChatflow(ctx: Ctx, input: { id: string }): Promise<FlowProblem[]> {
  const flow = await findOwn(tenantEm(ctx), input.id)
  const { foresee } = await loadEngine()
  const estate = flowPorts(ctx, flow.workspaceId)
  const problems = await foresee(await parsedFlow(flow), estate, ctx.request.signal)
  return problems.map(({ message, nodeId }) => ({ message, nodeId: nodeId ?? null }))
}

function withoutOrigins(chatbotConfig: string | null): string | null {
  if (chatbotConfig === null) return null
  const { allowedOrigins: _private, ...rest } = JSON.parse(chatbotConfig) as Record<string, unknown>
  return JSON.stringify(rest)
}
