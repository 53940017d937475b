import { compatibleProviders, type CompatibleProvider } from '../../model/compatible-providers.ts'
import { buildOpenAiModel, openAiInputs } from '../../model/openai/openai.ts'
import { drawnAddress, missing, textOf } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
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
    inputs: { ...openAiInputs, model: text(), stop: text(), [keyField]: text({ secret: true }) },
    build: async (inputs, context) => {
      const named = {
        ...inputs,
        modelName: inputs.modelName || inputs.model,
        stopSequence: inputs.stopSequence || inputs.stop,
      }
      const apiKey = textOf(inputs, keyField)
      const isDrawn = drawnAddress(inputs) !== ''
      const baseUrl = isDrawn ? provider.baseUrl : await addressFor(provider.baseUrl, context)
      return buildOpenAiModel(named, { ...provider, baseUrl, apiKey }, context)
    },
  })
}

/** The address with fields of the credential in it, such as the id of an account. */
async function addressFor(
  baseUrl: string | undefined,
  context: NodeContext,
): Promise<string | undefined> {
  if (!baseUrl?.includes('{')) return baseUrl
  const credential = await context.credential()
  return baseUrl.replaceAll(/\{(\w+)\}/g, (_all, field: string) => {
    const value = credential[field] ?? ''
    if (value === '') throw missing(context, `a credential with ${field}`)
    return encodeURIComponent(value)
  })
}
