import { defineNode } from '../../node/define.ts'
import { anchor, anchors, anything, text } from '../../node/inputs.ts'
import { namingNode } from '../../node/naming.ts'
import { refusalOf } from '../../talk/answering.ts'
import { parseLoose } from '../../text/json.ts'
import { secretsOfHeaders } from '../../text/named-secrets.ts'
import { headersFrom } from '../../tools/http-call.ts'
import { callAll } from '../../tools/loop.ts'
import { readOpenApi } from '../../tools/openapi-document.ts'
import { openApiTools } from '../../tools/openapi.ts'

/** Lets a model choose an operation of an API; what the API answers is the answer. */
export const openApiChain = defineNode({
  name: 'openApiChain',
  label: 'OpenAPI Chain',
  version: 2,
  category: 'Chains',
  description: 'Calls the operation of an OpenAPI document that fits a question.',
  answersWhole: true,
  inputs: {
    model: anchor('chatModel'),
    // A document names the server, to which the headers go.
    yamlLink: text({ endpoint: true }),
    yamlFile: text({ endpoint: true }),
    headers: anything({ secret: true, acceptVariable: true }),
    inputModeration: anchors('moderation'),
  },
  run: async ({ model, yamlLink, yamlFile, inputModeration, ...inputs }, context) => {
    const refusal = await refusalOf(inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const { headers } = inputs
    const drawn = headersFrom(typeof headers === 'string' ? parseLoose(headers) : headers)
    for (const secret of secretsOfHeaders(drawn)) context.conceal(secret)
    const { signal, ports } = context
    const tools = await namingNode(context.node, async () => {
      const source = yamlLink === '' ? { file: yamlFile } : { link: yamlLink }
      const world = { fetch: ports.fetch, headers: drawn, returnDirect: true }
      return openApiTools(await readOpenApi(source, context), world)
    })
    const content = `Answer this by a call of the API: ${context.input.question ?? ''}`
    const reply = await model.ask({ messages: [{ role: 'user', content }], tools, signal })
    if (reply.toolCalls.length === 0) return { text: reply.text }
    const results = await callAll({ tools, signal, failsAt: context.node }, reply)
    return { text: results.map(({ called }) => called.text).join('\n') }
  },
})
