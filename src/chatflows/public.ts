import type { Ctx } from '../context.ts'
import { tenantEm } from '../db/tenant.ts'
import { toPublicFlow, toWidgetFlow } from '../engine/flow/public-flow.ts'
import { admittedFlow, findFlowHead, noSuchFlow, readFlow } from './admission.ts'
import { loadEngine } from './engine.ts'
import type { Chatflow, ChatflowType } from './entity.ts'
import { findOwn } from './service.ts'

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
  readonly createdDate: Date
  readonly updatedDate: Date
}

/** What a caller may send along with a question. */
export interface Uploads {
  readonly isSpeechToTextEnabled: boolean
  readonly isImageUploadAllowed: boolean
  readonly isRAGFileUploadAllowed: boolean
  readonly imgUploadSizeAndTypes: readonly unknown[]
  readonly fileUploadSizeAndTypes: readonly unknown[]
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
    uploads: uploadsOf(flow),
    flowData: toWidgetFlow(flow.flowData),
    isTTSEnabled: isSwitchedOn(flow.textToSpeech ?? null),
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
  const head = await findFlowHead(ctx.deps, input.id)
  if (!head) throw noSuchFlow()
  const { isStreamable, parseFlow } = await loadEngine()
  return { isStreaming: isStreamable(parseFlow(flowSource(await readFlow(ctx.deps, head)))) }
}

export interface FlowProblem {
  readonly message: string
  readonly nodeId: string | null
}

/** Everything that would keep a chatflow from running. Throws NOT_FOUND, UNPROCESSABLE. */
export async function validateChatflow(ctx: Ctx, input: { id: string }): Promise<FlowProblem[]> {
  const flow = await findOwn(tenantEm(ctx), input.id)
  const { parseFlow, validateFlow } = await loadEngine()
  return validateFlow(parseFlow(flowSource(flow))).map(({ message, nodeId }) => ({
    message,
    nodeId: nodeId ?? null,
  }))
}

/** A stored flow as the engine takes it. */
export function flowSource(flow: Chatflow): {
  id: string
  flowData: string
  apiConfig: string | null
} {
  return { id: flow.id, flowData: flow.flowData, apiConfig: flow.apiConfig ?? null }
}

/** What models take, as the chat widget reads it; the size in megabytes. */
const imageLimits = {
  fileTypes: ['image/gif', 'image/jpeg', 'image/png', 'image/webp'],
  maxUploadSize: 5,
}

function uploadsOf(flow: Chatflow): Uploads {
  const takesImages = /"allowImageUploads"\s*:\s*"?true/.test(flow.flowData)
  return {
    isSpeechToTextEnabled: isSwitchedOn(flow.speechToText ?? null),
    isImageUploadAllowed: takesImages,
    isRAGFileUploadAllowed: false,
    imgUploadSizeAndTypes: takesImages ? [imageLimits] : [],
    fileUploadSizeAndTypes: [],
  }
}

/** Speech settings hold one entry a provider, of which one may be switched on. */
function isSwitchedOn(settings: string | null): boolean {
  const providers: unknown = JSON.parse(settings ?? '{}')
  if (typeof providers !== 'object' || providers === null) return false
  return Object.values(providers).some(
    (provider: unknown) =>
      typeof provider === 'object' &&
      provider !== null &&
      'status' in provider &&
      provider.status === true,
  )
}

function withoutOrigins(chatbotConfig: string | null): string | null {
  if (chatbotConfig === null) return null
  const { allowedOrigins: _private, ...rest } = JSON.parse(chatbotConfig) as Record<string, unknown>
  return JSON.stringify(rest)
}
