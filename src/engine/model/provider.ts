import type { LanguageModelV4 } from '@ai-sdk/provider'
import { withoutEndSlashes } from '../text/urls.ts'
import { openAiSpeaker } from './openai/chat.ts'
import { openAiEmbedding, type EmbeddingModel } from './openai/embedding.ts'
import { packageSpeaker } from './package-speaker.ts'
import type { Reached } from './post.ts'
import type { Speaker } from './speaker.ts'

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

/** Models from before chats, which continue a text. */
const completionModel = /instruct|^text-|^(?:davinci|babbage|curie|ada)\b/

/** What speaks with a provider's chat model. */
export async function loadSpeaker(spec: ProviderSpec, fetch: Fetch): Promise<Speaker> {
  const { modelName } = spec
  const api = spokenApi(spec)
  const isChat =
    api === 'openai-compatible' || (api === 'openai' && !completionModel.test(modelName))
  if (isChat) return openAiSpeaker({ api, modelName }, reachedBy(spec, fetch))
  return packageSpeaker(await loadModel({ ...spec, api }, packageSettings(spec, fetch)))
}

/**
 * A chat model out of its provider's package. Key and base URL are always given, if need be empty:
 * left out, the packages would look for both in the environment.
 */
async function loadModel(
  spec: ProviderSpec & { readonly api: Exclude<ProviderApi, 'openai-compatible'> },
  reach: ReturnType<typeof packageSettings>,
): Promise<LanguageModelV4> {
  switch (spec.api) {
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
    default: {
      const { createOpenAI } = await import('@ai-sdk/openai')
      return createOpenAI(reach).completion(spec.modelName)
    }
  }
}

/** A provider's embedding model; Anthropic has none. */
export async function loadEmbedding(spec: ProviderSpec, fetch: Fetch): Promise<EmbeddingModel> {
  const reach = packageSettings(spec, fetch)
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
    default:
      return openAiEmbedding(spec.modelName, reachedBy(spec, fetch))
  }
}

/** For requests of our own; what the author says of their headers counts. */
function reachedBy({ baseUrl, headers: drawn, apiKey }: ProviderSpec, fetch: Fetch): Reached {
  const headers = new Map(apiKey === undefined ? [] : [['authorization', `Bearer ${apiKey}`]])
  for (const [name, value] of Object.entries(drawn)) headers.set(name.toLowerCase(), value)
  return { baseUrl: trimmed(baseUrl), headers: Object.fromEntries(headers), fetch }
}

/** For requests of a package. */
function packageSettings({ baseUrl, headers, apiKey = '' }: ProviderSpec, fetch: Fetch) {
  return { baseURL: trimmed(baseUrl), headers: { ...headers }, apiKey, fetch }
}

async function azure({ apiVersion }: ProviderSpec, reach: ReturnType<typeof packageSettings>) {
  const { createAzure } = await import('@ai-sdk/azure')
  const version = apiVersion === undefined ? {} : { apiVersion }
  return createAzure({ ...reach, ...version, useDeploymentBasedUrls: true })
}

async function bedrock({ aws }: ProviderSpec, reach: ReturnType<typeof packageSettings>) {
  const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock')
  const none: AwsKeys = { region: '', accessKeyId: '', secretAccessKey: '' }
  return createAmazonBedrock({ ...reach, ...(aws ?? none) })
}

function trimmed(baseUrl: string): string {
  return withoutEndSlashes(baseUrl)
}
