import { buildOpenAiModel, openAiInputs } from '../../model/openai.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

const provider = {
  api: 'openai',
  modelName: 'gpt-4o-mini',
  baseUrl: 'https://api.openai.com/v1',
  keyField: 'openAIApiKey',
  needsKey: true,
} as const

/** OpenAI, or whatever speaks its format at the base path. */
export const chatOpenAI = defineNode({
  name: 'chatOpenAI',
  aliases: ['chatOpenAICustom', 'chatOpenAI_LlamaIndex'],
  label: 'ChatOpenAI',
  version: 8,
  category: 'Chat Models',
  description: 'A chat model of OpenAI, or of a server that speaks the same format.',
  credential: 'openAIApi',
  inputs: { ...openAiInputs, openAIApiKey: text({ secret: true }) },
  build: (inputs, context) =>
    buildOpenAiModel(inputs, { ...provider, apiKey: inputs.openAIApiKey }, context),
})
