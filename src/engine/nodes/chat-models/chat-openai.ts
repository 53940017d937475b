import { buildOpenAiModel, openAiInputs } from '../../model/openai/openai.ts'
import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'

const provider = {
  api: 'openai',
  modelName: 'gpt-4o-mini',
  baseUrl: 'https://api.openai.com/v1',
  keyField: 'openAIApiKey',
  needsKey: true,
} as const

/** A model from before chats, or one for chats where the author chose such. */
export const openAI = defineNode({
  name: 'openAI',
  label: 'OpenAI',
  version: 4,
  category: 'LLMs',
  description: 'A model of OpenAI that continues a text, or one that chats.',
  credential: 'openAIApi',
  inputs: {
    ...openAiInputs,
    temperature: number({ default: 0.7 }),
    openAIApiKey: text({ secret: true }),
  },
  build: (inputs, context) => {
    const modelName = inputs.modelName || 'gpt-3.5-turbo-instruct'
    const apiKey = inputs.openAIApiKey
    return buildOpenAiModel({ ...inputs, modelName }, { ...provider, apiKey }, context)
  },
})

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
