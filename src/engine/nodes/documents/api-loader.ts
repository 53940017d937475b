import { loaded, loaderInputs, plainReading } from '../../documents/loader.ts'
import { missing } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { anything, options, text } from '../../node/inputs.ts'
import { parseLoose } from '../../text/json.ts'
import { secretsOfHeaders } from '../../text/named-secrets.ts'
import { parseJson } from '../../text/paths.ts'
import { httpUrl } from '../../text/urls.ts'
import { callHttp, headersFrom } from '../../tools/http-call.ts'

/** What an API answers: JSON, indented, or the text as it is. */
export const apiLoader = defineNode({
  name: 'apiLoader',
  label: 'API Loader',
  version: 2.1,
  category: 'Document Loaders',
  description: 'Loads what an address answers to GET or POST.',
  inputs: {
    ...loaderInputs,
    method: options(['GET', 'POST'], { default: 'GET' }),
    url: text({ endpoint: true, acceptVariable: true }),
    headers: anything({ secret: true }),
    body: anything(),
  },
  build: async (inputs, context) => {
    const url = httpUrl(inputs.url)
    if (url === undefined) throw missing(context, 'an http URL')
    const { method } = inputs
    const headers = headersFrom(readJson(inputs.headers))
    for (const secret of secretsOfHeaders(headers)) context.conceal(secret)
    const body = method === 'POST' ? { body: readJson(inputs.body) ?? {} } : {}
    const { ports, signal } = context
    const files = async () => {
      const answer = await callHttp(ports.fetch, { url, method, headers, signal, ...body })
      const json = parseJson(answer)
      const said = json === undefined ? answer : JSON.stringify(json, null, 2)
      const facts = { name: '', mime: 'text/plain', origin: url, metadata: { url } }
      return [{ ...facts, bytes: Buffer.from(said) }]
    }
    return loaded(inputs, { files, reading: { ...plainReading, kind: 'text' } }, context)
  },
})

function readJson(value: unknown): unknown {
  return typeof value === 'string' ? parseLoose(value) : value
}
