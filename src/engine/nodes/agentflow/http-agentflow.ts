import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anything, array, options, text, type InputsOf } from '../../node/inputs.ts'
import type { StepContext } from '../../node/step.ts'
import { authorization, headersOf } from '../../steps/http-headers.ts'
import { parseLoose } from '../../text/json.ts'
import { secretsOfData, secretsOfHeaders, secretsOfUrl } from '../../text/named-secrets.ts'
import { isRecord, parseJson, textOf } from '../../text/paths.ts'

const inputs = {
  method: options(['GET', 'POST', 'PUT', 'DELETE', 'PATCH'], { default: 'GET' }),
  url: text({ acceptVariable: true, endpoint: true }),
  headers: array({ acceptVariable: true }),
  queryParams: array({ acceptVariable: true }),
  bodyType: options(['json', 'raw', 'formData', 'xWwwFormUrlencoded'], { default: 'json' }),
  body: anything({ acceptVariable: true }),
  responseType: options(['json', 'text', 'arraybuffer', 'base64'], { default: 'json' }),
}
type Values = InputsOf<typeof inputs>

/** One HTTP request, through the guarded fetch. */
export const httpAgentflow = defineNode({
  name: 'httpAgentflow',
  label: 'HTTP',
  version: 1.1,
  category: 'Agent Flows',
  description: 'Sends an HTTP request.',
  credential: 'httpBasicAuth',
  inputs,
  step: async (values, context) => {
    const { method, bodyType, responseType } = values
    const url = addressOf(values, context)
    const body = method === 'GET' ? undefined : bodyOf(values, context)
    const headers = headersOf(
      [...pairsOf(values.headers), ...(await authorization(context))],
      context,
    )
    for (const secret of secretsIn(values, { url, headers })) context.conceal(secret)
    if (bodyType === 'json' && body !== undefined) headers.set('content-type', 'application/json')
    const request = { method, headers, signal: context.signal }
    const response = await context.ports.fetch(url, { ...request, ...(body ? { body } : {}) })
    const data = await readBody(response, responseType)
    if (!response.ok) {
      const who = `The server asked by ${nodeTitle(context.node)}`
      throw new Failure('UPSTREAM', `${who} answered ${response.status} ${response.statusText}.`)
    }
    const { status, statusText } = response
    const received = { data, status, statusText, headers: Object.fromEntries(response.headers) }
    const { queryParams, body: sent } = values
    const http = { method, url: values.url, queryParams, bodyType, body: sent, responseType }
    return { input: { http }, output: { http: received } }
  },
})

/** What its author drew, or a reference put, where services are told who asks. */
function secretsIn({ body }: Values, { url, headers }: { url: URL; headers: Headers }): string[] {
  const data = typeof body === 'string' ? parseLoose(body) : body
  return [
    ...secretsOfHeaders(Object.fromEntries(headers)),
    ...secretsOfUrl(url),
    ...secretsOfData(data),
  ]
}

function addressOf({ url, queryParams }: Values, { node }: StepContext): URL {
  if (!URL.canParse(url.trim())) {
    throw new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: its URL is none.`)
  }
  const address = new URL(url.trim())
  for (const [name, value] of pairsOf(queryParams)) address.searchParams.append(name, value)
  return address
}

function bodyOf({ body, bodyType }: Values, { node }: StepContext): BodyInit | undefined {
  if (textOf(body) === '') return undefined
  if (bodyType === 'raw') return textOf(body)
  const parsed = typeof body === 'string' ? parseLoose(body) : body
  if (parsed === undefined) {
    const sentence = `The node ${nodeTitle(node)} cannot run: its body is not JSON.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  if (bodyType === 'json') return JSON.stringify(parsed)
  return formOf(isRecord(parsed) ? Object.entries(parsed) : rowsOf(parsed), bodyType)
}

function formOf(rows: readonly [string, unknown][], type: Values['bodyType']): BodyInit {
  const form = type === 'xWwwFormUrlencoded' ? new URLSearchParams() : new FormData()
  for (const [name, value] of rows) form.append(name, textOf(value))
  return form
}

function rowsOf(value: unknown): [string, unknown][] {
  return pairsOf(Array.isArray(value) ? value.filter(isRecord) : [])
}

async function readBody(response: Response, type: Values['responseType']): Promise<unknown> {
  if (type === 'arraybuffer' || type === 'base64') {
    return Buffer.from(await response.arrayBuffer()).toString('base64')
  }
  const body = await response.text()
  return type === 'json' ? (parseJson(body) ?? body) : body
}

function pairsOf(rows: readonly Readonly<Record<string, unknown>>[]): [string, string][] {
  const pairs = rows.map(({ key, value }): [string, string] => [textOf(key), textOf(value)])
  return pairs.filter(([key, value]) => key !== '' && value !== '')
}
