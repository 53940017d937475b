import { chatInputs, chatModelOf, reachOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'

export const chatAnthropic = defineNode({
  name: 'chatAnthropic',
  aliases: ['chatAnthropic_LlamaIndex'],
  label: 'ChatAnthropic',
  version: 8,
  category: 'Chat Models',
  description: 'A chat model of Anthropic.',
  credential: 'anthropicApi',
  inputs: {
    ...chatInputs,
    anthropicApiKey: text({ secret: true }),
    maxTokensToSample: number(),
    topK: number(),
    extendedThinking: bool({ default: false }),
    budgetTokens: number({ default: 1024 }),
    adaptiveThinking: bool({ default: false }),
    thinkingEffort: text(),
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'https://api.anthropic.com/v1',
      path: '/v1',
      keyField: 'anthropicApiKey',
      apiKey: inputs.anthropicApiKey,
      needsKey: true,
    }
    const thinks = inputs.adaptiveThinking || inputs.extendedThinking
    const settings = {
      maxOutputTokens: inputs.maxTokensToSample,
      topP: inputs.topP,
      topK: thinks ? undefined : inputs.topK,
      timeoutMs: inputs.timeout,
      // A model that thinks takes no temperature; newer ones refuse it beside top-p.
      temperature: thinks || inputs.topP !== undefined ? undefined : inputs.temperature,
    }
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      api: 'anthropic',
      modelName: inputs.modelName || 'claude-haiku-4-5',
      settings,
      ...(thinks ? { providerOptions: { anthropic: thinkingOf(inputs) } } : {}),
    } as const
    return chatModelOf(inputs, spec, context)
  },
})

function thinkingOf(inputs: {
  readonly adaptiveThinking: boolean
  readonly thinkingEffort: string
  readonly budgetTokens: number
}) {
  if (!inputs.adaptiveThinking) {
    return { thinking: { type: 'enabled', budgetTokens: inputs.budgetTokens } } as const
  }
  const effort = inputs.thinkingEffort === '' ? {} : { effort: inputs.thinkingEffort }
  return { thinking: { type: 'adaptive' }, ...effort } as const
}
