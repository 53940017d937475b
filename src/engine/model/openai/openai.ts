import type { NodeContext } from '../../node/context.ts'
import { number, text, type InputsOf } from '../../node/inputs.ts'
import type { ChatModel } from '../../node/instances.ts'
import { chatInputs, chatModelOf, reachOf, wordsOf, type Reach } from '../parts.ts'
import { compatible } from './request.ts'

/** What all chat models that speak OpenAI's format are asked with. */
export const openAiInputs = {
  ...chatInputs,
  maxTokens: number(),
  frequencyPenalty: number(),
  presencePenalty: number(),
  stopSequence: text(),
  reasoningEffort: text(),
}

/** What differs from one of these providers to the next. */
export interface OpenAiProvider {
  readonly api: 'openai' | 'openai-compatible'
  readonly modelName: string
  /** Undefined: the node must say where its model is. */
  readonly baseUrl: string | undefined
  /** Belongs to an address drawn without a path. */
  readonly path?: string
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
  const { api } = provider
  const modelName = inputs.modelName || provider.modelName
  const reach = await reachOf(inputs, provider, context)
  return openAiModelOf(inputs, { ...reach, api, modelName }, context)
}

/** The handle for a model that is reached already. */
export function openAiModelOf(
  inputs: InputsOf<typeof openAiInputs>,
  spec: Reach & {
    readonly api: 'openai' | 'openai-compatible' | 'azure'
    readonly modelName: string
    readonly apiVersion?: string
  },
  context: NodeContext,
): ChatModel {
  const isReasoning = reasoningModel.test(spec.modelName)
  const settings = {
    maxOutputTokens: inputs.maxTokens,
    topP: inputs.topP,
    frequencyPenalty: inputs.frequencyPenalty,
    presencePenalty: inputs.presencePenalty,
    timeoutMs: inputs.timeout,
    temperature: isReasoning ? undefined : inputs.temperature,
    stopSequences: isReasoning ? undefined : wordsOf(inputs.stopSequence),
  }
  const { reasoningEffort } = inputs
  const name = spec.api === 'openai-compatible' ? compatible : 'openai'
  const options =
    isReasoning && reasoningEffort !== ''
      ? { providerOptions: { [name]: { reasoningEffort } } }
      : {}
  return chatModelOf(inputs, { ...spec, settings, ...options }, context)
}
