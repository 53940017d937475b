import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { TokenUsage } from '../node/events.ts'
import type { ChatModel, ModelReply, ModelRequest, ToolCall } from '../node/instances.ts'
import { limits, withinLimit } from '../node/limits.ts'
import { readJsonAnswer } from '../text/json.ts'
import { isRecord } from '../text/paths.ts'
import { providerFailure } from './failure.ts'
import { jsonInstruction, toSdkMessages, toSdkTools } from './messages.ts'
import { loadModel, loadSdk, spokenApi, type AwsKeys, type ProviderApi } from './provider.ts'

/** Where a chat model is and how it is asked; made of a node's inputs and credential. */
export interface ModelSpec {
  readonly node: FlowNode
  readonly api: ProviderApi
  readonly modelName: string
  /** Up to and with the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Absent: the request carries no authorisation. */
  readonly apiKey?: string
  readonly headers: Readonly<Record<string, string>>
  readonly settings: ModelSettings
  /** False: the answer is asked for in one piece; true when absent. */
  readonly streams?: boolean
  readonly acceptsImages?: boolean
  /** Settings of one provider only, under the provider's name. */
  readonly providerOptions?: ProviderOptions
  /** Azure's `api-version`. */
  readonly apiVersion?: string
  /** What signs requests to Bedrock, which takes no other key. */
  readonly aws?: AwsKeys
}

type Json = null | string | number | boolean | Json[] | { [key: string]: Json }
export type ProviderOptions = Record<string, { [key: string]: Json }>

export interface ModelSettings {
  readonly temperature?: number
  readonly maxOutputTokens?: number
  readonly topP?: number
  readonly topK?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  readonly seed?: number
  readonly stopSequences?: readonly string[]
  readonly timeoutMs?: number
}

export interface ModelWorld {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

interface ChatWorld extends ModelWorld {
  /** Hears what each call cost. */
  readonly spend: (usage: TokenUsage) => void
}

/** A busy provider gets one more try; its own `Retry-After` is heeded. */
const maxRetries = 1

/**
 * A handle on a provider's chat model; nothing is loaded or sent before the first `ask`.
 * The key stays in here: a handle can be turned into text without giving it away.
 * @throws Failure UNPROCESSABLE when the base URL is no http URL.
 */
export function createChatModel(spec: ModelSpec, world: ChatWorld): ChatModel {
  checkAddress(spec)
  return {
    kind: 'chatModel',
    modelName: spec.modelName,
    acceptsImages: spec.acceptsImages === true,
    ask: (request) => ask(spec, world, request),
  }
}

/** @throws Failure UNPROCESSABLE when the base URL is no http URL. */
export function checkAddress({ node, baseUrl }: Pick<ModelSpec, 'node' | 'baseUrl'>): void {
  if (URL.canParse(baseUrl) && /^https?:$/.test(new URL(baseUrl).protocol)) return
  const sentence = `The node ${nodeTitle(node)} cannot run: its base path is not an http URL.`
  throw new Failure('UNPROCESSABLE', sentence)
}

async function ask(spec: ModelSpec, world: ChatWorld, request: ModelRequest): Promise<ModelReply> {
  const who = `The provider of ${nodeTitle(spec.node)}`
  const ms = spec.settings.timeoutMs ?? limits.model
  const late = () => new Failure('TIMEOUT', `${who} did not answer within ${ms / 1000} s.`)
  const signals = [world.signal, ...(request.signal === undefined ? [] : [request.signal])]
  return withinLimit({ ms, signals, late }, async (signal) => {
    try {
      const call = await callOf(spec, { world: { ...world, signal }, request })
      const isStreamed = request.onToken !== undefined && spec.streams !== false
      const raw = isStreamed ? await streamed(call, request) : await whole(call, request)
      world.spend(raw.usage)
      if (request.schema === undefined) return raw
      return { ...raw, json: readJsonAnswer(raw.text, who) }
    } catch (error) {
      throw signal.aborted ? error : await providerFailure(error, who)
    }
  })
}

type Call = Awaited<ReturnType<typeof callOf>>

/** The call as the SDK takes it. */
async function callOf(
  spec: ModelSpec,
  { world, request }: { readonly world: ModelWorld; readonly request: ModelRequest },
) {
  const { timeoutMs: _ours, stopSequences, ...settings } = spec.settings
  const { schema, toolChoice, tools = [] } = request
  const hint = schema === undefined ? [] : jsonInstruction(spokenApi(spec), schema)
  const choice = typeof toolChoice === 'object' ? toolChoice.name : undefined
  const openai = { strictJsonSchema: false }
  return {
    model: await loadModel(spec, world.fetch),
    messages: toSdkMessages([...hint, ...request.messages]),
    // Where the system text stands is the flow author's decision, not a caller's.
    allowSystemInMessages: true,
    maxRetries,
    abortSignal: world.signal,
    providerOptions: { openai, azure: openai, ...spec.providerOptions },
    ...settings,
    ...(stopSequences === undefined ? {} : { stopSequences: [...stopSequences] }),
    ...(schema === undefined ? {} : { output: jsonOutput(schema) }),
    ...(tools.length === 0 ? {} : { tools: await toSdkTools(tools) }),
    ...(choice === undefined ? {} : { toolChoice: { type: 'tool', toolName: choice } as const }),
    ...(typeof toolChoice === 'string' ? { toolChoice } : {}),
  }
}

/** Asks for JSON, and leaves the reading of it to us: the SDK would throw away what it got. */
function jsonOutput(schema: Readonly<Record<string, unknown>>) {
  return {
    name: 'object',
    responseFormat: Promise.resolve({ type: 'json' as const, schema, name: 'answer' }),
    parseCompleteOutput: async ({ text }: { text: string }) => text,
    parsePartialOutput: async () => undefined,
    createElementStreamTransform: () => undefined,
  }
}

async function whole(call: Call, request: ModelRequest): Promise<ModelReply> {
  const { generateText } = await loadSdk()
  const result = await generateText(call)
  if (result.reasoningText) request.onThinking?.(result.reasoningText)
  if (result.text !== '') request.onToken?.(result.text)
  return replyOf(result, result.responseMessages)
}

async function streamed(call: Call, request: ModelRequest): Promise<ModelReply> {
  const { streamText } = await loadSdk()
  // Its own reporter writes to the console, past the log; the error comes as a part as well.
  const result = streamText({ ...call, onError: () => undefined })
  for await (const part of result.fullStream) {
    if (part.type === 'text-delta' && part.text !== '') request.onToken?.(part.text)
    if (part.type === 'reasoning-delta' && part.text !== '') request.onThinking?.(part.text)
    if (part.type === 'error') throw part.error
  }
  call.abortSignal.throwIfAborted()
  const [text, toolCalls, usage, finishReason, messages] = await Promise.all([
    result.text,
    result.toolCalls,
    result.usage,
    result.finishReason,
    result.responseMessages,
  ])
  return replyOf({ text, toolCalls, usage, finishReason }, messages)
}

interface SdkResult {
  readonly text: string
  readonly toolCalls: readonly {
    readonly toolCallId: string
    readonly toolName: string
    readonly input: unknown
  }[]
  readonly usage: {
    readonly inputTokens: number | undefined
    readonly outputTokens: number | undefined
    readonly totalTokens: number | undefined
  }
  readonly finishReason: string
}

function replyOf(
  { text, toolCalls, usage, finishReason }: SdkResult,
  messages: readonly { readonly role: string; readonly content: unknown }[],
): ModelReply {
  const { inputTokens = 0, outputTokens = 0, totalTokens = 0 } = usage
  const calls = toolCalls.map(({ toolCallId, toolName, input }): ToolCall => ({
    id: toolCallId,
    name: toolName,
    args: isRecord(input) ? input : {},
  }))
  const native = messages.find(({ role }) => role === 'assistant')?.content
  return {
    text,
    toolCalls: calls,
    message: { role: 'assistant', content: text, toolCalls: calls, native },
    usage: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens },
    finishReason,
  }
}
