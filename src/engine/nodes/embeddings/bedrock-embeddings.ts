import { bedrockInputs, bedrockPlace } from '../../model/bedrock.ts'
import { createEmbedder } from '../../model/embedder.ts'
import { headersOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { number, options } from '../../node/inputs.ts'

const purposes = ['search_document', 'search_query', 'classification', 'clustering'] as const

/** Embeddings of Amazon's, Cohere's and others' models on Bedrock. */
export const awsBedrockEmbeddings = defineNode({
  name: 'AWSBedrockEmbeddings',
  label: 'AWS Bedrock Embeddings',
  version: 5.1,
  category: 'Embeddings',
  description: 'Turns texts into vectors: AWS Bedrock.',
  credential: 'awsApi',
  inputs: {
    ...bedrockInputs,
    inputType: options(purposes, { default: 'search_document' }),
    batchSize: number({ default: 50 }),
  },
  build: async (inputs, context) => {
    const spec = {
      ...(await bedrockPlace(inputs, context)),
      node: context.node,
      api: 'bedrock',
      modelName:
        inputs.customModel || inputs.model || inputs.modelName || 'amazon.titan-embed-text-v1',
      headers: headersOf(inputs.baseOptions),
      batchSize: Math.max(1, Math.min(inputs.batchSize, 512)),
      stripNewLines: false,
      providerOptions: { bedrock: { inputType: inputs.inputType } },
    } as const
    return createEmbedder(spec, { fetch: context.ports.fetch, signal: context.signal })
  },
})
