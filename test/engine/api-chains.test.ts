import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import { isStreamable } from '../../src/engine/validate.ts'
import { createEgress } from '../../src/platform/egress/egress.ts'
import { failureOf, run, startProvider, startStub, wire, type Drawn, type Told } from './harness.ts'
import { instance } from './library.ts'
import { call, linesOf, priceOf, script, type Reply } from './script.ts'

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly secret: unknown
  readonly type: string | undefined
  readonly body: string
}

let provider: Awaited<ReturnType<typeof startProvider>>
let api: Awaited<ReturnType<typeof startStub>>
let egress: ReturnType<typeof createEgress>
const received: Received[] = []

beforeAll(async () => {
  provider = await startProvider()
  api = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      const { method, url, headers } = request
      received.push({ method, url, secret: headers['x-key'], type: headers['content-type'], body })
      response.statusCode = url?.includes('missing') === true ? 404 : 200
      response.end(url?.includes('long') === true ? 'x'.repeat(30_000) : '{"socks":3}')
    })
  })
  const hosts = [provider.baseUrl, api.baseUrl].map((url) => new URL(url).host)
  egress = createEgress({ allow: hosts })
})
beforeEach(() => {
  received.length = 0
})
afterAll(async () => {
  await egress.close()
  await api.stop()
  await provider.stop()
})

const secret = 'a-key-of-the-author'
const told = (changes: Told = {}): Told => ({ ...changes, ports: { fetch: egress.fetch } })
const flow = (name: string, inputs: Record<string, unknown>) => {
  const model: Drawn = {
    id: 'model',
    name: 'chatOpenAI',
    category: 'Chat Models',
    inputs: { basepath: provider.baseUrl },
  }
  const end = {
    id: 'end',
    name,
    label: 'API',
    category: 'Chains',
    inputs: { model: instance('model'), headers: `{"x-key":"${secret}"}`, ...inputs },
  }
  return wire([model, end])
}
const docs = () => `BASE URL: ${api.baseUrl}/ with /socks?color=`
const answered = async (name: string, replies: readonly Reply[], inputs = {}) => {
  const asked = script(provider, replies)
  const result = await run(flow(name, { apiDocs: docs(), ...inputs }), told())
  return { asked, result }
}

describe('a chain on an API that is described in words', () => {
  test('GET: signs without end after an address do not stop the server', async () => {
    const url = `${api.baseUrl}/socks?color=red`
    await answered('getApiChain', [`${url}${'.'.repeat(200_000)} x`, 'Three.'])
    expect(received).toMatchObject([{ url: '/v1/socks?color=red' }])
  })

  test.each([
    ['alone', (url: string) => url],
    ['within words', (url: string) => `Call \`${url}\`.`],
    ['in brackets', (url: string) => `The address (${url}).`],
  ])('GET: calls the address that the model writes %s', async (...[, written]) => {
    const url = `${api.baseUrl}/socks?color=red`
    const { asked, result } = await answered('getApiChain', [written(url), 'Three.'])
    expect(linesOf(asked[0])[0]).toMatch(/BASE URL: [^]*Question: socks/)
    expect(received).toMatchObject([{ method: 'GET', url: '/v1/socks?color=red', secret }])
    expect(linesOf(asked[1])[0]).toContain(`answered this to ${url}:\n{"socks":3}`)
    expect(result).toEqual({ text: 'Three.', sessionId: 'chat-1', usage: priceOf(2) })
  })

  test('POST: sends what the model writes down', async () => {
    const written = JSON.stringify({ url: `${api.baseUrl}/orders`, data: { count: 3 } })
    const { asked, result } = await answered('postApiChain', [`Here: ${written}`, 'Ordered.'])
    expect(received).toEqual([
      { method: 'POST', url: '/v1/orders', secret, type: 'application/json', body: '{"count":3}' },
    ])
    expect(linesOf(asked[1])[0]).toContain(`Here: ${written}\n\nThe API answered:\n{"socks":3}`)
    expect(result.text).toBe('Ordered.')
  })

  test('the author’s own prompts are asked', async () => {
    const url = `${api.baseUrl}/socks`
    const { asked } = await answered('getApiChain', [url, 'Three.'], {
      urlPrompt: 'Where is {question}?',
      ansPrompt: '{api_url} says {api_response} {other}',
    })
    expect(asked.map(linesOf)).toEqual([
      ['user: Where is socks?'],
      [`user: ${url} says {"socks":3} {other}`],
    ])
  })

  test('its headers go to no address that the documentation does not name', async () => {
    const { host } = new URL(api.baseUrl)
    const apiDocs = `Call https://api.example.com or http://0${host}/ or http://x.${host}.`
    await answered('getApiChain', [`${api.baseUrl}/socks`, 'Three.'], { apiDocs })
    expect(received).toMatchObject([{ url: '/v1/socks', secret: undefined }])
  })

  test('a caller who describes another API has no headers to send', async () => {
    script(provider, [`${api.baseUrl}/socks`, 'Three.'])
    const rules = { API: [{ name: 'apiDocs', enabled: true }] }
    const apiConfig = { overrideConfig: { status: true, nodes: rules } }
    const overrideConfig = { apiDocs: docs() }
    const request = { ...told({ input: { overrideConfig } }), apiConfig }
    await run(flow('getApiChain', { apiDocs: 'nothing' }), request)
    expect(received).toMatchObject([{ url: '/v1/socks', secret: undefined }])
  })

  test.each([
    ['missing', /^user: [^]*Error: 127\.0\.0\.1:\d+ answered 404/],
    ['long', /^user: [^]*:\nx{20000}\n/],
  ])('the model hears of an answer that is %s', async (...[path, expected]) => {
    const { asked, result } = await answered('getApiChain', [`${api.baseUrl}/${path}`, 'Sorry.'])
    expect(linesOf(asked[1])[0]).toMatch(expected)
    expect(result.text).toBe('Sorry.')
  })

  test.each(['getApiChain', 'postApiChain'])(
    '%s fails when the model names no address',
    async (name) => {
      const failure = await failureOf(answered(name, ['I cannot.']))
      expect(failure).toMatchObject({ code: 'UPSTREAM' })
      expect(received).toHaveLength(0)
    },
  )
})

describe('a chain on an OpenAPI document', () => {
  const document = (server = api.baseUrl) => `
openapi: 3.0.0
servers: [{ url: ${server} }]
paths:
  /socks/{color}:
    get:
      operationId: findSocks
      summary: Finds socks
      parameters: [{ name: color, in: path, required: true, schema: { type: string } }]
`
  const file = (text: string) =>
    `data:application/x-yaml;base64,${Buffer.from(text).toString('base64')},filename:api.yaml`

  test('answers with what the operation says that the model chooses', async () => {
    const replies = [call('findSocks', { color: 'red' })]
    const asked = script(provider, replies)
    const result = await run(flow('openApiChain', { yamlFile: file(document()) }), told())
    expect(asked[0]?.tools?.map((tool) => tool.function.name)).toEqual(['findSocks'])
    expect(received).toMatchObject([{ method: 'GET', url: '/v1/socks/red', secret }])
    expect(result).toEqual({ text: '{"socks":3}', sessionId: 'chat-1', usage: priceOf(1) })
  })

  test('answers in the model’s words when it calls nothing', async () => {
    script(provider, ['Which colour?'])
    const result = await run(flow('openApiChain', { yamlFile: document() }), told())
    expect(result.text).toBe('Which colour?')
    expect(received).toHaveLength(0)
  })

  test('fails when the API does', async () => {
    script(provider, [call('findSocks', { color: 'missing' })])
    const failure = await failureOf(run(flow('openApiChain', { yamlFile: document() }), told()))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/answered 404/)
  })

  test('a caller who brings another document has no headers to send', async () => {
    script(provider, [call('findSocks', { color: 'red' })])
    const rules = { API: [{ name: 'yamlFile', enabled: true }] }
    const apiConfig = { overrideConfig: { status: true, nodes: rules } }
    const input = { overrideConfig: { yamlFile: document() } }
    const drawn = flow('openApiChain', { yamlFile: document('https://api.example.com') })
    await run(drawn, { ...told({ input }), apiConfig })
    expect(received).toMatchObject([{ url: '/v1/socks/red', secret: undefined }])
  })

  test('what is no document is refused by name', async () => {
    const failure = await failureOf(run(flow('openApiChain', { yamlFile: '[' }), told()))
    expect(failure.message).toMatch(/"API" \(end\) cannot run: The OpenAPI document is neither/)
  })
})

test.each([
  ['getApiChain', true],
  ['postApiChain', true],
  ['multiPromptChain', true],
  ['openApiChain', false],
])('whether %s answers piece by piece: %j', (name, streams) => {
  const flowData = flow(name, {})
  expect(isStreamable(parseFlow({ id: 'f', flowData, apiConfig: null }))).toBe(streams)
})
