import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow.ts'
import { bool, json, number, text, type InputsOf } from '../inputs.ts'
import type { ChatModel } from '../instances.ts'
import { createChatModel, type ModelSettings } from '../model.ts'
import type { NodeContext } from '../node.ts'
import { safeEntries } from '../paths.ts'

/** What all chat models that speak OpenAI's format are asked with. */
export const openAiInputs = {
  modelName: text(),
  temperature: number({ default: 0.9 }),
  streaming: bool({ default: true }),
  maxTokens: number(),
  topP: number(),
  frequencyPenalty: number(),
  presencePenalty: number(),
  timeout: number(),
  stopSequence: text(),
  basepath: text({ endpoint: true }),
  basePath: text({ endpoint: true }),
  baseOptions: json({ secret: true }),
}

/** What differs from one of these providers to the next. */
export interface OpenAiProvider {
  readonly api: 'openai' | 'openai-compatible'
  readonly modelName: string
  /** Undefined: the node must say where its model is. */
  readonly baseUrl: string | undefined
  /** Field of the credential, and name of the input that may replace it. */
  readonly keyField: string
  /** Its own address answers nobody without a key. */
  readonly needsKey: boolean
}

/** These take no temperature and no stop words, and fail when they get them. */
const reasoningModel = /^(o\d|gpt-5)(?!.*chat)/

/** Builds the handle; its key and header values are concealed from then on. */
export async function buildOpenAiModel(
  inputs: InputsOf<typeof openAiInputs>,
  provider: OpenAiProvider & { readonly apiKey: string },
  context: NodeContext,
): Promise<ChatModel> {
  const { baseUrl, isOwn } = addressOf(inputs, provider, context)
  const credential = await context.credential()
  const apiKey = provider.apiKey || (credential[provider.keyField] ?? '')
  if (apiKey === '' && !isOwn && provider.needsKey) throw missing(context, 'a credential')
  const headers = headersOf(inputs.baseOptions)
  for (const secret of [apiKey, ...Object.values(headers)]) context.conceal(secret)
  const modelName = inputs.modelName || provider.modelName
  const spec = {
    node: context.node,
    api: provider.api,
    modelName,
    baseUrl,
    headers,
    settings: settingsOf(inputs, reasoningModel.test(modelName)),
    ...(apiKey === '' ? {} : { apiKey }),
  }
  return createChatModel(spec, { fetch: context.ports.fetch, signal: context.signal })
}

/** The address drawn in the flow, else the provider's own. */
function addressOf(
  inputs: InputsOf<typeof openAiInputs>,
  provider: OpenAiProvider,
  context: NodeContext,
): { readonly baseUrl: string; readonly isOwn: boolean } {
  const drawn = inputs.basepath || inputs.basePath
  if (drawn !== '') return { baseUrl: drawn, isOwn: true }
  if (provider.baseUrl === undefined) throw missing(context, 'a base path')
  return { baseUrl: provider.baseUrl, isOwn: false }
}

function settingsOf(inputs: InputsOf<typeof openAiInputs>, isReasoning: boolean): ModelSettings {
  const stops = inputs.stopSequence.split(',').map((word) => word.trim())
  const stopSequences = stops.filter((word) => word !== '')
  const settings = {
    maxOutputTokens: inputs.maxTokens,
    topP: inputs.topP,
    frequencyPenalty: inputs.frequencyPenalty,
    presencePenalty: inputs.presencePenalty,
    timeoutMs: inputs.timeout,
    temperature: isReasoning ? undefined : inputs.temperature,
    stopSequences: isReasoning || stopSequences.length === 0 ? undefined : stopSequences,
  }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as ModelSettings
}

/** Headers as drawn: under `headers` or `defaultHeaders`, or the object itself when it is flat. */
function headersOf(baseOptions: Readonly<Record<string, unknown>>): Record<string, string> {
  const drawn = baseOptions['headers'] ?? baseOptions['defaultHeaders'] ?? baseOptions
  const texts = safeEntries(drawn).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts)
}

function missing({ node }: NodeContext, what: string): Failure {
  return new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: it needs ${what}.`)
}
