import { qianfanFetch, qianfanUrl } from '../../model/baidu.ts'
import { createEmbedder } from '../../model/embedder.ts'
import { addressInputs, drawnAddress, present, reachOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'

const provider = { baseUrl: qianfanUrl, path: '/v2', keyField: '', apiKey: '', needsKey: false }

/** Embeddings of Baidu's, by OpenAI's format. */
export const baiduEmbeddings = defineNode({
  name: 'baiduQianfanEmbeddings',
  label: 'Baidu Qianfan Embeddings',
  version: 2,
  category: 'Embeddings',
  description: 'Turns texts into vectors: Baidu Qianfan.',
  credential: 'baiduQianfanApi',
  inputs: {
    ...addressInputs,
    modelName: text({ default: 'Embedding-V1' }),
    customModelName: text(),
    stripNewLines: bool({ default: true }),
    batchSize: number({ default: 1 }),
    timeout: number(),
  },
  build: async (inputs, context) => {
    const { modelName, customModelName, stripNewLines, batchSize, timeout: timeoutMs } = inputs
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      ...present({ timeoutMs }),
      api: 'openai-compatible',
      // Names are written small in the newer version of its API.
      modelName: customModelName || modelName.toLowerCase(),
      batchSize: Math.max(1, Math.min(batchSize, 16)),
      stripNewLines,
      providerOptions: {},
    } as const
    const fetch = await qianfanFetch(drawnAddress(inputs), context)
    return createEmbedder(spec, { fetch, signal: context.signal })
  },
})
