import { text } from '../inputs.ts'
import { defineNode, type NodeDefinition } from '../node.ts'
import { buildOpenAiModel, openAiInputs, type OpenAiProvider } from './openai-model.ts'

export const groqChat = compatibleNode(
  { name: 'groqChat', label: 'GroqChat', credential: 'groqApi' },
  {
    modelName: 'llama-3.3-70b-versatile',
    baseUrl: 'https://api.groq.com/openai/v1',
    keyField: 'groqApiKey',
    needsKey: true,
  },
)

export const chatDeepseek = compatibleNode(
  { name: 'chatDeepseek', label: 'ChatDeepseek', credential: 'deepseekApi' },
  {
    modelName: 'deepseek-chat',
    baseUrl: 'https://api.deepseek.com',
    keyField: 'deepseekApiKey',
    needsKey: true,
  },
)

export const chatOpenRouter = compatibleNode(
  { name: 'chatOpenRouter', label: 'ChatOpenRouter', credential: 'openRouterApi' },
  {
    modelName: 'openai/gpt-4o-mini',
    baseUrl: 'https://openrouter.ai/api/v1',
    keyField: 'openRouterApiKey',
    needsKey: true,
  },
)

export const chatLocalAI = compatibleNode(
  { name: 'chatLocalAI', label: 'ChatLocalAI', credential: 'localAIApi' },
  { modelName: '', baseUrl: undefined, keyField: 'localAIApiKey', needsKey: false },
)

/** A provider that differs from the next one by its address and its key only. */
function compatibleNode(
  facts: { readonly name: string; readonly label: string; readonly credential: string },
  provider: Omit<OpenAiProvider, 'api'>,
): NodeDefinition {
  return defineNode({
    ...facts,
    version: 1,
    category: 'Chat Models',
    description: `A chat model of ${facts.label}, by OpenAI's format.`,
    inputs: { ...openAiInputs, [provider.keyField]: text({ secret: true }) },
    build: (inputs, context) =>
      buildOpenAiModel(
        inputs,
        { ...provider, api: 'openai-compatible', apiKey: keyOf(inputs, provider.keyField) },
        context,
      ),
  })
}

function keyOf(inputs: Readonly<Record<string, unknown>>, field: string): string {
  const key = inputs[field]
  return typeof key === 'string' ? key : ''
}
