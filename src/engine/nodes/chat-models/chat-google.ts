import { chatInputs, chatModelOf, reachOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'

export const chatGoogleGenerativeAI = defineNode({
  name: 'chatGoogleGenerativeAI',
  aliases: ['chatGoogleGenerativeAI_LlamaIndex'],
  label: 'ChatGoogleGenerativeAI',
  version: 3,
  category: 'Chat Models',
  description: 'A Gemini chat model.',
  credential: 'googleGenerativeAI',
  inputs: {
    ...chatInputs,
    customModelName: text(),
    googleGenerativeAPIKey: text({ secret: true }),
    maxOutputTokens: number(),
    topK: number(),
    thinkingBudget: number(),
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
      path: '/v1beta',
      keyField: 'googleGenerativeAPIKey',
      apiKey: inputs.googleGenerativeAPIKey,
      needsKey: true,
    }
    const { thinkingBudget } = inputs
    const google = { thinkingConfig: { thinkingBudget: thinkingBudget ?? 0 } }
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      api: 'google',
      modelName: inputs.customModelName || inputs.modelName || 'gemini-1.5-flash-latest',
      settings: {
        temperature: inputs.temperature,
        maxOutputTokens: inputs.maxOutputTokens,
        topP: inputs.topP,
        topK: inputs.topK,
        timeoutMs: inputs.timeout,
      },
      ...(thinkingBudget === undefined ? {} : { providerOptions: { google } }),
    } as const
    return chatModelOf(inputs, spec, context)
  },
})
