import { missing } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import type { Tool } from '../../node/instances.ts'
import { callHttp } from '../../tools/http-call.ts'
import { argument } from '../../tools/schema.ts'

const address = 'https://www.wolframalpha.com/api/v1/llm-api'

export const wolframAlpha = defineNode({
  name: 'wolframAlpha',
  label: 'WolframAlpha',
  version: 1,
  category: 'Tools',
  description: 'Asks WolframAlpha, which calculates and knows facts.',
  credential: 'wolframAlphaAppId',
  inputs: {},
  ready: (_inputs, context) => appIdOf(context),
  build: async (_inputs, context): Promise<Tool> => ({
    kind: 'tool',
    name: 'wolfram_alpha',
    description:
      'Useful for mathematics, science, units, dates and facts with numbers. The input is a question.',
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The question' } },
      required: ['input'],
      additionalProperties: false,
    },
    run: async ({ input }, { signal }) => {
      const query = { appid: await appIdOf(context), input: argument(input) }
      return callHttp(context.ports.fetch, {
        url: address,
        method: 'GET',
        headers: {},
        query,
        signal,
      })
    },
  }),
})

async function appIdOf(context: NodeContext): Promise<string> {
  const { wolframAlphaAppId = '' } = await context.credential()
  if (wolframAlphaAppId === '') throw missing(context, 'a credential with wolframAlphaAppId')
  return wolframAlphaAppId
}
