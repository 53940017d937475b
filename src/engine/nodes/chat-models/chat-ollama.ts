import { compatible } from '../../model/openai/request.ts'
import { chatInputs, chatModelOf, reachOf, wordsOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'

/** Ollama, by the OpenAI format that it speaks under `/v1`. */
export const chatOllama = defineNode({
  name: 'chatOllama',
  aliases: ['chatOllama_LlamaIndex', 'ollama'],
  label: 'ChatOllama',
  version: 5,
  category: 'Chat Models',
  description: 'A chat model on an Ollama server.',
  credential: 'ollamaApi',
  inputs: {
    ...chatInputs,
    ollamaApiKey: text({ secret: true }),
    stop: text(),
    numPredict: number(),
    jsonMode: bool({ default: false }),
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'http://localhost:11434/v1',
      path: '/v1',
      keyField: 'ollamaApiKey',
      apiKey: inputs.ollamaApiKey,
      needsKey: false,
    }
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      api: 'openai-compatible',
      modelName: inputs.modelName,
      settings: {
        temperature: inputs.temperature,
        maxOutputTokens: inputs.numPredict,
        topP: inputs.topP,
        stopSequences: wordsOf(inputs.stop),
        timeoutMs: inputs.timeout,
      },
      ...(inputs.jsonMode ? { providerOptions: { [compatible]: asJson } } : {}),
    } as const
    return chatModelOf(inputs, spec, context)
  },
})

const asJson = { response_format: { type: 'json_object' } }
