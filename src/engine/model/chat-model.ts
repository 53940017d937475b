import type { LanguageModelV4CallOptions, LanguageModelV4ToolChoice } from '@ai-sdk/provider'
import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { TokenUsage } from '../node/events.ts'
import type { ChatModel, ModelReply, ModelRequest } from '../node/instances.ts'
import { limits, withinLimit } from '../node/limits.ts'
import { readJsonAnswer } from '../text/json.ts'
import { providerFailure } from './failure.ts'
import { jsonInstruction, toPrompt, toTools } from './prompt.ts'
import { loadSpeaker, spokenApi, type AwsKeys, type ProviderApi } from './provider.ts'
import { replyOf } from './reply.ts'
import { withRetries } from './retry.ts'
import { tellWhole, type Asked, type Said, type Speaker } from './speaker.ts'

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
  if (/^\s*https?:/i.test(baseUrl) && URL.canParse(baseUrl)) return
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
      const speaker = await loadSpeaker(spec, world.fetch)
      const asked = { ...optionsOf(spec, request), abortSignal: signal }
      const hear = wantsPieces(spec, request) ? streamed : whole
      const reply = replyOf(await hear(speaker, asked, request))
      signal.throwIfAborted()
      world.spend(reply.usage)
      if (request.schema === undefined) return reply
      return { ...reply, json: readJsonAnswer(reply.text, who) }
    } catch (error) {
      throw signal.aborted ? error : providerFailure(error, who)
    }
  })
}

function wantsPieces({ streams }: ModelSpec, { onToken }: ModelRequest): boolean {
  return onToken !== undefined && streams !== false
}

async function whole(speaker: Speaker, asked: Asked, request: ModelRequest): Promise<Said> {
  const said = await withRetries(maxRetries, asked.abortSignal, () => speaker.whole(asked))
  tellWhole(said, request)
  return said
}

async function streamed(speaker: Speaker, asked: Asked, request: ModelRequest): Promise<Said> {
  const read = await withRetries(maxRetries, asked.abortSignal, () => speaker.streamed(asked))
  return read(request)
}

/** The call as the providers' packages take it. */
function optionsOf(spec: ModelSpec, request: ModelRequest): LanguageModelV4CallOptions {
  const { timeoutMs: _ours, stopSequences, ...settings } = spec.settings
  const { schema, toolChoice, tools = [] } = request
  const hint = schema === undefined ? [] : jsonInstruction(spokenApi(spec), schema)
  return {
    prompt: toPrompt([...hint, ...request.messages]),
    ...optionsFor(spec, schema),
    ...settings,
    ...(stopSequences === undefined ? {} : { stopSequences: [...stopSequences] }),
    ...(schema === undefined ? {} : { responseFormat: { type: 'json', schema, name: 'answer' } }),
    ...(tools.length === 0 ? {} : { tools: toTools(tools), toolChoice: chosen(toolChoice) }),
  }
}

/** Taken strictly, OpenAI refuses most forms that people draw. */
function optionsFor(
  { providerOptions }: ModelSpec,
  schema: ModelRequest['schema'],
): Pick<LanguageModelV4CallOptions, 'providerOptions'> {
  if (schema === undefined) return providerOptions === undefined ? {} : { providerOptions }
  const openai = { ...providerOptions?.['openai'], strictJsonSchema: false }
  return { providerOptions: { ...providerOptions, openai } }
}

function chosen(choice: ModelRequest['toolChoice'] = 'auto'): LanguageModelV4ToolChoice {
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.name }
}
