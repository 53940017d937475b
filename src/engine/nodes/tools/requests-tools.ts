import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { anything, number, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { parseLoose } from '../../text/json.ts'
import { secretsOfHeaders } from '../../text/named-secrets.ts'
import { headersFrom } from '../../tools/http-call.ts'
import { argumentsOf, send, type Method } from '../../tools/requests.ts'
import { argument, toolName } from '../../tools/schema.ts'

const methods: readonly Method[] = [
  { name: 'Get', sends: false, description: 'Fetches what stands at an address.' },
  { name: 'Post', sends: true, description: 'Sends new data to an address.' },
  { name: 'Put', sends: true, description: 'Replaces data at an address.' },
  { name: 'Delete', sends: false, description: 'Deletes what stands at an address.' },
]

const address = text({ acceptVariable: true, endpoint: true })
const secret = anything({ secret: true, acceptVariable: true })

/** Tools that call an address, one for each method. */
export const requestsTools: readonly NodeDefinition[] = methods.map((method) => {
  const name = `requests${method.name}`
  return defineNode({
    name,
    label: `Requests ${method.name}`,
    version: 2,
    category: 'Tools',
    description: method.description,
    inputs: inputsOf(method.name),
    build: async (inputs, context): Promise<Tool> => {
      // Older nodes have the short names.
      const of = (field: string, short: string) => inputs[`${name}${field}`] || inputs[short]
      const headers = headersFrom(readJson(of('Headers', 'headers')))
      for (const secret of secretsOfHeaders(headers)) context.conceal(secret)
      const fields = of(method.sends ? 'BodySchema' : 'QueryParamsSchema', 'schema')
      const request = {
        method,
        headers,
        url: argument(of('Url', 'url')),
        body: readJson(inputs[`request${method.name}Body`] || inputs['body']),
        maxLength: Number(of('MaxOutputLength', 'maxOutputLength')),
        fields: readJson(fields),
      }
      return {
        kind: 'tool',
        name: toolName(argument(of('Name', 'name')) || `requests_${method.name.toLowerCase()}`),
        description: argument(of('Description', 'description')) || method.description,
        schema: argumentsOf(request),
        run: (args, { signal }) => send(request, args, { ...context, signal }),
      }
    },
  })
})

function inputsOf(method: string) {
  const name = `requests${method}`
  return {
    [`${name}Url`]: address,
    url: address,
    [`${name}Name`]: text(),
    name: text(),
    [`${name}Description`]: text(),
    description: text(),
    [`${name}Headers`]: secret,
    headers: secret,
    [`request${method}Body`]: anything({ acceptVariable: true }),
    body: anything({ acceptVariable: true }),
    [`${name}QueryParamsSchema`]: anything(),
    [`${name}BodySchema`]: anything(),
    [`${name}MaxOutputLength`]: number(),
    maxOutputLength: number({ default: 2000 }),
  }
}

function readJson(value: unknown): unknown {
  return typeof value === 'string' ? (parseLoose(value) ?? value) : value
}
