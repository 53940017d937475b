import { createEmbedder } from '../../model/embedder.ts'
import { addressInputs, drawnAddress, reachOf } from '../../model/parts.ts'
import { textsIn, translated, vectorsAnswer, type Translation } from '../../model/translate.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

const router = 'https://router.huggingface.co/hf-inference/models'

/** Embeddings of HuggingFace's providers, or of an endpoint of one's own. */
export const huggingFaceEmbeddings = defineNode({
  name: 'huggingFaceInferenceEmbeddings',
  label: 'HuggingFace Inference Embeddings',
  version: 1,
  category: 'Embeddings',
  description: 'Turns texts into vectors: HuggingFace.',
  credential: 'huggingFaceApi',
  inputs: {
    ...addressInputs,
    huggingFaceApiKey: text({ secret: true }),
    modelName: text({ default: 'sentence-transformers/distilbert-base-nli-mean-tokens' }),
  },
  build: async (inputs, context) => {
    const { modelName, huggingFaceApiKey: apiKey } = inputs
    const isDrawn = drawnAddress(inputs) !== ''
    const provider = { baseUrl: router, keyField: 'huggingFaceApiKey', apiKey, needsKey: true }
    const reach = await reachOf(inputs, provider, context)
    const address = isDrawn ? reach.baseUrl : placeOf(reach.baseUrl, modelName)
    const spec = {
      ...reach,
      api: 'openai-compatible',
      modelName,
      batchSize: 32,
      stripNewLines: true,
      providerOptions: {},
    } as const
    const fetch = translated(context.ports.fetch, features(address))
    return createEmbedder(spec, { fetch, signal: context.signal })
  },
})

function placeOf(base: string, modelName: string): string {
  const path = modelName.split('/').map(encodeURIComponent).join('/')
  return `${base}/${path}/pipeline/feature-extraction`
}

function features(url: string): Translation {
  return {
    request: ({ headers, body }) => ({ url, headers, body: { inputs: textsIn(body) } }),
    answer: vectorsAnswer,
  }
}
