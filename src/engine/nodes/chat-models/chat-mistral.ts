import { chatInputs, chatModelOf, reachOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'

export const chatMistralAI = defineNode({
  name: 'chatMistralAI',
  aliases: ['chatMistral_LlamaIndex'],
  label: 'ChatMistralAI',
  version: 4,
  category: 'Chat Models',
  description: 'A chat model of Mistral.',
  credential: 'mistralAIApi',
  inputs: {
    ...chatInputs,
    mistralAIAPIKey: text({ secret: true }),
    maxOutputTokens: number(),
    randomSeed: number(),
    safeMode: bool({ default: false }),
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'https://api.mistral.ai/v1',
      path: '/v1',
      keyField: 'mistralAIAPIKey',
      apiKey: inputs.mistralAIAPIKey,
      needsKey: true,
    }
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      api: 'mistral',
      modelName: inputs.modelName || 'mistral-tiny',
      settings: {
        temperature: inputs.temperature,
        maxOutputTokens: inputs.maxOutputTokens,
        topP: inputs.topP,
        seed: inputs.randomSeed,
        timeoutMs: inputs.timeout,
      },
      ...(inputs.safeMode ? { providerOptions: { mistral: { safePrompt: true } } } : {}),
    } as const
    return chatModelOf(inputs, spec, context)
  },
})
