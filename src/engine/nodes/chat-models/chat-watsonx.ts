import { openAiInputs, openAiModelOf } from '../../model/openai/openai.ts'
import { drawnAddress, headersOf, missing } from '../../model/parts.ts'
import { translated } from '../../model/translate.ts'
import { chatTranslation, watsonxPlace } from '../../model/watsonx.ts'
import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'

/** A chat model of a project on IBM watsonx. */
export const chatIBMWatsonx = defineNode({
  name: 'chatIBMWatsonx',
  aliases: ['ibmWatsonx'],
  label: 'ChatIBMWatsonx',
  version: 2,
  category: 'Chat Models',
  description: 'A chat model on IBM watsonx.',
  credential: 'ibmWatsonx',
  inputs: { ...openAiInputs, modelId: text(), maxNewTokens: number() },
  build: async (inputs, context) => {
    const place = await watsonxPlace(drawnAddress(inputs), context)
    const modelName = inputs.modelName || inputs.modelId
    if (modelName === '') throw missing(context, 'the name of a model')
    const fetch = translated(place.fetch, chatTranslation(place))
    const maxTokens = inputs.maxTokens ?? inputs.maxNewTokens
    return openAiModelOf(
      { ...inputs, maxTokens },
      {
        node: context.node,
        api: 'openai-compatible',
        modelName,
        baseUrl: place.baseUrl,
        headers: headersOf(inputs.baseOptions),
      },
      { ...context, ports: { ...context.ports, fetch } },
    )
  },
})
