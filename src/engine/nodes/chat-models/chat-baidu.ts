import { qianfanFetch, qianfanUrl } from '../../model/baidu.ts'
import { buildOpenAiModel, openAiInputs } from '../../model/openai/openai.ts'
import { drawnAddress } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

const provider = {
  api: 'openai-compatible',
  modelName: 'ernie-4.5-8k-preview',
  baseUrl: qianfanUrl,
  path: '/v2',
  keyField: '',
  apiKey: '',
  needsKey: false,
} as const

/** A chat model of Baidu's, by OpenAI's format. */
export const chatBaiduWenxin = defineNode({
  name: 'chatBaiduWenxin',
  label: 'ChatBaiduWenxin',
  version: 2,
  category: 'Chat Models',
  description: 'A chat model of Baidu.',
  credential: 'baiduQianfanApi',
  inputs: { ...openAiInputs, customModelName: text() },
  build: async (inputs, context) => {
    const fetch = await qianfanFetch(drawnAddress(inputs), context)
    const modelName = inputs.customModelName || inputs.modelName
    const world = { ...context, ports: { ...context.ports, fetch } }
    return buildOpenAiModel({ ...inputs, modelName }, provider, world)
  },
})
