import type { APICallError, generateText, LanguageModel, RetryError } from 'ai'
import { Failure } from '../core/errors.ts'
import { nodeTitle, type FlowNode } from './flow.ts'
import type { ChatMessage, ChatModel, ChatReply } from './instances.ts'

/** Where a chat model is and how it is asked; made of a node's inputs and credential. */
export interface ModelSpec {
  readonly node: FlowNode
  readonly api: 'openai' | 'openai-compatible'
  readonly modelName: string
  /** Up to and with the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Absent: the request carries no authorisation. */
  readonly apiKey?: string
  readonly headers: Readonly<Record<string, string>>
  readonly settings: ModelSettings
}

export interface ModelSettings {
  readonly temperature?: number
  readonly maxOutputTokens?: number
  readonly topP?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  readonly stopSequences?: readonly string[]
  readonly timeoutMs?: number
}

export interface ModelWorld {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

/** What of the AI SDK is used; it is loaded with the first call. */
interface Sdk {
  readonly generateText: typeof generateText
  readonly APICallError: typeof APICallError
  readonly RetryError: typeof RetryError
}

const defaultTimeoutMs = 120_000
/** A busy provider gets one more try; its own `Retry-After` is heeded. */
const maxRetries = 1

/**
 * A handle on a provider's chat model; nothing is loaded or sent before the first `chat`.
 * The key stays in here: a handle can be turned into text without giving it away.
 * @throws Failure UNPROCESSABLE when the base URL is no http URL.
 */
export function createChatModel(spec: ModelSpec, world: ModelWorld): ChatModel {
  if (!URL.canParse(spec.baseUrl) || !/^https?:$/.test(new URL(spec.baseUrl).protocol)) {
    const sentence = `The node ${nodeTitle(spec.node)} cannot run: its base path is not an http URL.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  return {
    kind: 'chatModel',
    modelName: spec.modelName,
    chat: async (messages, onText) => {
      const reply = await ask(spec, world, messages)
      onText?.(reply.text)
      return reply
    },
  }
}

async function ask(
  spec: ModelSpec,
  world: ModelWorld,
  messages: readonly ChatMessage[],
): Promise<ChatReply> {
  const { generateText } = await loadSdk()
  const { timeoutMs = defaultTimeoutMs, stopSequences, ...settings } = spec.settings
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const result = await generateText({
      model: await loadModel(spec, world.fetch),
      messages: [...messages],
      // Where the system text stands is the flow author's decision, not a caller's.
      allowSystemInMessages: true,
      maxRetries,
      abortSignal: AbortSignal.any([world.signal, timeout]),
      ...settings,
      ...(stopSequences === undefined ? {} : { stopSequences: [...stopSequences] }),
    })
    const { inputTokens = 0, outputTokens = 0, totalTokens = 0 } = result.usage
    return {
      text: result.text,
      usage: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens },
    }
  } catch (error) {
    if (world.signal.aborted) throw world.signal.reason
    const who = `The provider of ${nodeTitle(spec.node)}`
    if (timeout.aborted) {
      throw new Failure('TIMEOUT', `${who} did not answer within ${timeoutMs / 1000} s.`)
    }
    throw await providerFailure(error, who)
  }
}

async function loadSdk(): Promise<Sdk> {
  // Its warnings about ignored settings would go to the console, past the log.
  globalThis.AI_SDK_LOG_WARNINGS = false
  return import('ai')
}

async function loadModel(spec: ModelSpec, fetch: ModelWorld['fetch']): Promise<LanguageModel> {
  const baseURL = spec.baseUrl.replace(/\/+$/, '')
  const headers = { ...spec.headers }
  // The OpenAI provider falls back on a key in the environment, so it is used with a key only.
  if (spec.api === 'openai' && spec.apiKey !== undefined) {
    const { createOpenAI } = await import('@ai-sdk/openai')
    return createOpenAI({ baseURL, fetch, headers, apiKey: spec.apiKey }).chat(spec.modelName)
  }
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const key = spec.apiKey === undefined ? {} : { apiKey: spec.apiKey }
  const provider = createOpenAICompatible({ name: 'compatible', baseURL, fetch, headers, ...key })
  return provider.chatModel(spec.modelName)
}

/** One sentence: who, the status, the provider's own words. The run takes secrets out of it. */
async function providerFailure(error: unknown, who: string): Promise<Failure> {
  const { APICallError, RetryError } = await loadSdk()
  const last = RetryError.isInstance(error) ? error.lastError : error
  for (let at = last; at instanceof Error; at = at.cause) {
    if (at instanceof Failure) return new Failure(at.code, `${who} failed: ${at.message}`)
  }
  if (APICallError.isInstance(last) && last.statusCode !== undefined) {
    const words = last.message.trim().slice(0, 2000)
    return new Failure('UPSTREAM', `${who} answered ${last.statusCode}: ${words}`)
  }
  return new Failure('UPSTREAM', `${who} gave an answer that cannot be read.`)
}
