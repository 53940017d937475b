import { bedrockInputs, bedrockPlace, profileOf, withProfile } from '../../model/bedrock.ts'
import { chatInputs, chatModelOf, headersOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number } from '../../node/inputs.ts'

/** A chat model on Bedrock, by the Converse API. */
export const awsChatBedrock = defineNode({
  name: 'awsChatBedrock',
  aliases: ['awsBedrock'],
  label: 'AWS ChatBedrock',
  version: 6.1,
  category: 'Chat Models',
  description: 'A chat model on AWS Bedrock.',
  credential: 'awsApi',
  inputs: {
    ...chatInputs,
    ...bedrockInputs,
    temperature: number({ default: 0.7 }),
    max_tokens_to_sample: number({ default: 200 }),
    latencyOptimized: bool({ default: false }),
    useGlobalEndpoint: bool({ default: false }),
  },
  build: async (inputs, context) => {
    const place = await bedrockPlace(inputs, context)
    const drawn = inputs.model || inputs.modelName || 'anthropic.claude-haiku-4-5-20251001-v1:0'
    const isGlobal = inputs.useGlobalEndpoint && inputs.customModel === ''
    const modelName = isGlobal ? `global.${drawn}` : inputs.customModel || drawn
    const performanceConfig = { latency: 'optimized' }
    const spec = {
      ...place,
      node: context.node,
      api: 'bedrock',
      headers: headersOf(inputs.baseOptions),
      settings: {
        temperature: inputs.temperature,
        maxOutputTokens: inputs.max_tokens_to_sample,
        topP: inputs.topP,
        timeoutMs: inputs.timeout,
      },
      ...(inputs.latencyOptimized ? { providerOptions: { bedrock: { performanceConfig } } } : {}),
    } as const
    const plain = chatModelOf(inputs, { ...spec, modelName }, context)
    const profile = profileOf(modelName, place.aws.region)
    return withProfile(plain, chatModelOf(inputs, { ...spec, modelName: profile }, context))
  },
})
