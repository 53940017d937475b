import { addressInputs, missing, present, reachOf } from '../../model/parts.ts'
import { createReplicateModel } from '../../model/replicate.ts'
import { defineNode } from '../../node/define.ts'
import { json, number, text } from '../../node/inputs.ts'

export const replicate = defineNode({
  name: 'replicate',
  label: 'Replicate',
  version: 2,
  category: 'LLMs',
  description: 'A model of Replicate that continues a text.',
  credential: 'replicateApi',
  inputs: {
    ...addressInputs,
    replicateApiKey: text({ secret: true }),
    model: text(),
    temperature: number({ default: 0.7 }),
    maxTokens: number(),
    topP: number(),
    repetitionPenalty: number(),
    additionalInputs: json(),
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'https://api.replicate.com/v1',
      path: '/v1',
      keyField: 'replicateApiKey',
      apiKey: inputs.replicateApiKey,
      needsKey: true,
    }
    const { baseUrl, apiKey = '' } = await reachOf(inputs, provider, context)
    if (!/^\w[\w.-]*\/\w[\w.-]*(:\w+)?$/.test(inputs.model)) {
      throw missing(context, 'a model such as owner/name')
    }
    const settings = present({
      temperature: inputs.temperature,
      max_length: inputs.maxTokens,
      top_p: inputs.topP,
      repetition_penalty: inputs.repetitionPenalty,
    })
    const input = { ...settings, ...inputs.additionalInputs }
    const spec = { node: context.node, apiKey, baseUrl, modelName: inputs.model, input }
    return createReplicateModel(spec, { fetch: context.ports.fetch, signal: context.signal })
  },
})
