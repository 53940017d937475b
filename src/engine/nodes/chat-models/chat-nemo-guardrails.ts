import { buildOpenAiModel, openAiInputs } from '../../model/openai/openai.ts'
import { translated, type Translation } from '../../model/translate.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import { isRecord, textOf } from '../../text/paths.ts'

const provider = {
  api: 'openai-compatible',
  modelName: 'nemo-guardrails',
  baseUrl: undefined,
  path: '/v1',
  keyField: '',
  apiKey: '',
  needsKey: false,
} as const

/** A server of NeMo Guardrails, which guards a model of its own configuration. */
export const chatNemoGuardrails = defineNode({
  name: 'chatNemoGuardrails',
  label: 'Chat Nemo Guardrails',
  version: 1,
  category: 'Chat Models',
  description: 'A chat model behind the rails of a NeMo Guardrails server.',
  inputs: { ...openAiInputs, configurationId: text() },
  build: async (inputs, context) => {
    const fetch = translated(context.ports.fetch, rails(inputs.configurationId))
    const world = { ...context, ports: { ...context.ports, fetch } }
    return buildOpenAiModel({ ...inputs, streaming: false }, provider, world)
  },
})

/** It takes no role but two, and older ones answer with the messages alone. */
function rails(config_id: string): Translation {
  return {
    request: ({ body: { messages }, ...sent }) => {
      const said = Array.isArray(messages) ? messages.filter(isRecord) : []
      const plain = said.map(({ role, content }) => ({
        role: role === 'user' || role === 'system' ? 'user' : 'assistant',
        content: textOf(content),
      }))
      return { ...sent, body: { config_id, messages: plain } }
    },
    answer: (answer) => {
      if (!isRecord(answer) || !Array.isArray(answer['messages'])) return answer
      const texts = answer['messages'].filter(isRecord).map(({ content }) => textOf(content))
      const message = { role: 'assistant', content: texts.join('\n') }
      return { ...answer, choices: [{ index: 0, message, finish_reason: 'stop' }] }
    },
  }
}
