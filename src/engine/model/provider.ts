import type * as OpenAi from '@ai-sdk/openai'
import type * as Compatible from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { openAiEmbedding, type EmbeddingModel } from './openai-embedding.ts'

/** The wire formats that are spoken. */
export type ProviderApi =
  | 'openai'
  | 'openai-compatible'
  | 'azure'
  | 'anthropic'
  | 'google'
  | 'vertex'
  | 'mistral'
  | 'bedrock'

/** What is needed to reach a provider. */
export interface ProviderSpec {
  readonly api: ProviderApi
  readonly modelName: string
  readonly baseUrl: string
  readonly apiKey?: string
  readonly headers: Readonly<Record<string, string>>
  readonly apiVersion?: string
  /** What signs requests to Bedrock. */
  readonly aws?: AwsKeys
}

export interface AwsKeys {
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

type Fetch = typeof globalThis.fetch

/**
 * The format in which a chat model is really spoken to: OpenAI's package always sends an
 * authorisation; without a key the compatible one sends none.
 */
export function spokenApi({ api, apiKey }: Pick<ProviderSpec, 'api' | 'apiKey'>): ProviderApi {
  return api === 'openai' && apiKey === undefined ? 'openai-compatible' : api
}

/**
 * A provider's chat model. Key and base URL are always given, if need be empty: left out, the
 * providers would look for both in the environment.
 */
export async function loadModel(spec: ProviderSpec, fetch: Fetch): Promise<LanguageModelV4> {
  const reach = reachOf(spec, fetch)
  switch (spokenApi(spec)) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return createAnthropic(reach).languageModel(spec.modelName)
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle(reach).languageModel(spec.modelName)
    }
    case 'vertex': {
      const { createGoogle } = await import('@ai-sdk/google')
      // By this name it knows that Google Cloud takes some things in another way.
      const named = { ...reach, name: 'google.vertex.chat' }
      return createGoogle(named).languageModel(spec.modelName)
    }
    case 'mistral': {
      const { createMistral } = await import('@ai-sdk/mistral')
      return createMistral(reach).languageModel(spec.modelName)
    }
    case 'azure':
      return (await azure(spec, reach)).chat(spec.modelName)
    case 'bedrock':
      return (await bedrock(spec, reach)).languageModel(spec.modelName)
    case 'openai':
      return openai(spec, reach)
    default:
      return (await compatible(spec, fetch))(spec.modelName)
  }
}

/** A provider's embedding model; Anthropic has none. */
export async function loadEmbedding(spec: ProviderSpec, fetch: Fetch): Promise<EmbeddingModel> {
  const reach = reachOf(spec, fetch)
  switch (spec.api) {
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle(reach).embeddingModel(spec.modelName)
    }
    case 'mistral': {
      const { createMistral } = await import('@ai-sdk/mistral')
      return createMistral(reach).embeddingModel(spec.modelName)
    }
    case 'azure':
      return (await azure(spec, reach)).embeddingModel(spec.modelName)
    case 'bedrock':
      return (await bedrock(spec, reach)).embeddingModel(spec.modelName)
    default: {
      const { modelName, baseUrl, apiKey } = spec
      const key = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
      const headers = { ...key, ...spec.headers }
      return openAiEmbedding({ modelName, baseUrl: trimmed(baseUrl), headers }, fetch)
    }
  }
}

function reachOf({ baseUrl, headers, apiKey = '' }: ProviderSpec, fetch: Fetch) {
  return { baseURL: trimmed(baseUrl), headers: { ...headers }, apiKey, fetch }
}

/** The usual ones are looked up once. */
let openaiPackage: Promise<typeof OpenAi> | undefined
let compatiblePackage: Promise<typeof Compatible> | undefined

/** Models from before chats, which continue a text. */
const completionModel = /instruct|^text-|^(?:davinci|babbage|curie|ada)\b/

async function openai({ modelName }: ProviderSpec, reach: ReturnType<typeof reachOf>) {
  const { createOpenAI } = await (openaiPackage ??= import('@ai-sdk/openai'))
  const provider = createOpenAI(reach)
  return completionModel.test(modelName) ? provider.completion(modelName) : provider.chat(modelName)
}

async function azure({ apiVersion }: ProviderSpec, reach: ReturnType<typeof reachOf>) {
  const { createAzure } = await import('@ai-sdk/azure')
  const version = apiVersion === undefined ? {} : { apiVersion }
  return createAzure({ ...reach, ...version, useDeploymentBasedUrls: true })
}

async function bedrock({ aws }: ProviderSpec, reach: ReturnType<typeof reachOf>) {
  const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock')
  const none: AwsKeys = { region: '', accessKeyId: '', secretAccessKey: '' }
  return createAmazonBedrock({ ...reach, ...(aws ?? none) })
}

async function compatible({ baseUrl, headers, apiKey }: ProviderSpec, fetch: Fetch) {
  const { createOpenAICompatible } = await (compatiblePackage ??=
    import('@ai-sdk/openai-compatible'))
  const key = apiKey === undefined ? {} : { apiKey }
  return createOpenAICompatible({
    name: 'compatible',
    baseURL: trimmed(baseUrl),
    fetch,
    headers: { ...headers },
    includeUsage: true,
    ...key,
  })
}

function trimmed(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '')
}
