import { compatibleProviders, type CompatibleProvider } from '../../model/compatible-providers.ts'
import { buildOpenAiModel, openAiInputs } from '../../model/openai.ts'
import { textOf } from '../../model/parts.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

export const compatibleChatModels: readonly NodeDefinition[] = compatibleProviders.map(nodeOf)

function nodeOf({ name, aliases = [], credential, ...row }: CompatibleProvider): NodeDefinition {
  const { keyField } = row
  const needsKey = row.baseUrl !== undefined
  const api = 'openai-compatible'
  const provider = {
    modelName: '',
    baseUrl: undefined,
    path: '/v1',
    ...row,
    needsKey,
    api,
  } as const
  const label = name === 'groqChat' ? 'GroqChat' : name.replace(/^c/, 'C')
  return defineNode({
    name,
    aliases,
    label,
    credential,
    version: 1,
    category: 'Chat Models',
    description: `A chat model of ${label}, by OpenAI's format.`,
    inputs: { ...openAiInputs, model: text(), [keyField]: text({ secret: true }) },
    build: async (inputs, context) => {
      const named = { ...inputs, modelName: inputs.modelName || inputs.model }
      const apiKey = textOf(inputs, keyField)
      return buildOpenAiModel(named, { ...provider, apiKey }, context)
    },
  })
}
