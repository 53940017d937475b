import { createVerify, generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { detour } from './detour.ts'
import {
  buildInstance,
  failureOf,
  llmChainFlow,
  run,
  startProvider,
  startStub,
  textOf,
} from './harness.ts'
import { script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let stub: Awaited<ReturnType<typeof startStub>> | undefined

beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => provider.mock.clearRequests())
afterEach(async () => {
  await stub?.stop()
  stub = undefined
})
afterAll(() => provider.stop())

const flow = (name: string, inputs: Record<string, unknown>) =>
  llmChainFlow('', {
    model: { name, inputs: { basepath: '', modelName: '', temperature: '', ...inputs } },
  })

interface Heard {
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A server that remembers what it heard, and answers by path. */
async function listen(answers: Readonly<Record<string, unknown>>) {
  const heard: Heard[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      const url = request.url ?? ''
      heard.push({ url, headers: request.headers, body })
      const answer = Object.entries(answers).find(([path]) => url.startsWith(path))?.[1]
      if (typeof answer === 'string') {
        return response.setHeader('content-type', 'text/event-stream').end(answer)
      }
      response.setHeader('content-type', 'application/json')
      return response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}))
    })
  }
  stub = await startStub(listener)
  return { heard, ...detour(stub.fetch, stub.baseUrl.replace('/v1', '')) }
}

const completion = (content: string) => ({
  id: '1',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const pieces = (...texts: string[]) =>
  texts
    .map((content, at) => {
      const finish_reason = at === texts.length - 1 ? 'stop' : null
      const choices = [{ index: 0, delta: { role: 'assistant', content }, finish_reason }]
      return `id: ${at}\nevent: message\ndata: ${JSON.stringify({ id: '1', created: 1, choices })}\n\n`
    })
    .join('')

describe('Vertex', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const account = JSON.stringify({
    client_email: 'me@acme.example',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    project_id: 'acme',
  })
  const credential = async () => ({ googleApplicationCredential: account })
  const token = { access_token: 'ya29.a-token-0123456789', expires_in: 3600 }

  /** The fake provider where Google's token service is one of ours. */
  async function world() {
    const service = await listen({ '/token': token })
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = input instanceof Request ? input.url : String(input)
      return url.startsWith(provider.mock.url)
        ? provider.fetch(input, init)
        : service.fetch(input, init)
    }
    return { ...service, fetch }
  }

  test('Gemini is asked with a token for which what the account signs was exchanged', async () => {
    script(provider, ['Rainbow Feet', 'again'])
    const { fetch, heard, asked } = await world()
    const inputs = {
      modelName: 'gemini-2.5-flash',
      region: 'europe-west1',
      baseUrl: provider.mock.url,
    }
    const drawn = flow('chatGoogleVertexAI', inputs)
    expect((await run(drawn, { ports: { fetch, credential } })).text).toBe('Rainbow Feet')
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    await run(drawn, { input: { streaming: true }, ports: { fetch, credential }, emit })
    expect(textOf(events)).toBe('again')

    expect(asked.map(({ href }) => href)[0]).toBe('https://oauth2.googleapis.com/token')
    const form = new URLSearchParams(heard[0]?.body)
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`)
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'me@acme.example',
      aud: 'https://oauth2.googleapis.com/token',
      exp: Date.parse('2026-01-02T03:04:05Z') / 1000 + 3600,
    })
    const { path, headers } = provider.mock.getLastRequest() ?? {}
    expect(path).toContain('/v1/projects/acme/locations/europe-west1/publishers/google/models/')
    expect(JSON.stringify(headers)).not.toMatch(/x-goog-api-key/)
  })

  test('Claude is asked where Google has it', async () => {
    const answer = {
      type: 'message',
      id: 'm',
      model: 'claude',
      content: [{ type: 'text', text: 'Bonjour' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    }
    const { fetch, heard, asked } = await listen({ '/token': token, '/v1/projects': answer })
    const drawn = flow('chatGoogleVertexAI', { customModelName: 'claude-haiku-4-5@20251001' })
    expect((await run(drawn, { ports: { fetch, credential } })).text).toBe('Bonjour')
    expect(asked[1]?.href).toBe(
      'https://us-central1-aiplatform.googleapis.com/v1/projects/acme/locations/us-central1/publishers/anthropic/models/claude-haiku-4-5@20251001:rawPredict',
    )
    expect(heard[1]?.headers).toMatchObject({ authorization: `Bearer ${token.access_token}` })
    expect(heard[1]?.headers).not.toHaveProperty('x-api-key')
    const body = JSON.parse(heard[1]?.body ?? '') as Record<string, unknown>
    expect(body).toMatchObject({ anthropic_version: 'vertex-2023-10-16' })
    expect(body).not.toHaveProperty('model')
  })

  const modelOf = async (modelName: string, answers: Record<string, unknown>) => {
    const service = await listen({ '/token': token, ...answers })
    const node = { name: 'chatGoogleVertexAI', inputs: { modelName } }
    const ports = { fetch: service.fetch, credential }
    return { ...service, model: await buildInstance('chatModel', node, { ports }) }
  }
  const toolFacts = { name: 'wash', description: '', schema: { type: 'object', properties: {} } }

  test('Gemini is told of calls without the ids that Google Cloud refuses', async () => {
    const functionCall = { name: 'wash', args: {}, id: 'call-1' }
    const said = { content: { role: 'model', parts: [{ functionCall }] }, finishReason: 'STOP' }
    const { model, heard } = await modelOf('gemini-2.5-flash', {
      '/v1/projects': { candidates: [said] },
    })
    const question = { role: 'user', content: 'Wash it.' } as const
    const { message, toolCalls } = await model.ask({ messages: [question], tools: [toolFacts] })
    expect(toolCalls).toMatchObject([{ name: 'wash' }])
    const callId = toolCalls[0]?.id ?? ''
    const told = { role: 'tool', callId, toolName: 'wash', content: 'clean' } as const
    await model.ask({ messages: [question, message, told], tools: [toolFacts] })
    expect(heard).toHaveLength(3)
    expect(heard[2]?.body).toContain('"functionCall":{"name":"wash","args":{}}')
    expect(heard[2]?.body).toContain('"functionResponse":{"name":"wash"')
  })

  test('Claude is asked for a form by a tool', async () => {
    const input = { name: 'Rainbow Feet' }
    const { model, heard } = await modelOf('claude-haiku-4-5@20251001', {
      '/v1/projects': {
        type: 'message',
        id: 'm',
        model: 'claude',
        content: [{ type: 'tool_use', id: 't', name: 'json', input }],
        stop_reason: 'tool_use',
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    })
    const schema = { type: 'object', properties: { name: { type: 'string' } } }
    const reply = await model.ask({ messages: [{ role: 'user', content: 'Name it.' }], schema })
    expect(reply.json).toEqual(input)
    expect(JSON.parse(heard[1]?.body ?? '')).toMatchObject({ tools: [{ name: 'json' }] })
  })

  test.each<[string, Record<string, string>, Record<string, unknown>, RegExp]>([
    ['no credential', {}, {}, /needs a credential with the JSON of a service account/],
    ['a path of ours', { googleApplicationCredentialFilePath: '/etc/x' }, {}, /needs a credential/],
    ['a region that is no name', {}, { region: 'evil.example/' }, /its region is no name/],
    ['no model', {}, { modelName: '' }, /needs the name of a model/],
  ])('%s is refused', async (...[what, fields, inputs, message]) => {
    const isWhole = !what.includes('credential') && !what.includes('path')
    const given = isWhole ? { googleApplicationCredential: account } : fields
    const drawn = flow('googlevertexai', { modelName: 'gemini-2.5-flash', ...inputs })
    const failure = await failureOf(run(drawn, { ports: { credential: async () => given } }))
    expect([failure.code, failure.message]).toEqual([
      'UNPROCESSABLE',
      expect.stringMatching(message),
    ])
  })

  test('a token that is not given is told without the key', async () => {
    const { fetch } = await listen({})
    const drawn = flow('chatGoogleVertexAI', { modelName: 'gemini-2.5-flash' })
    const failure = await failureOf(run(drawn, { ports: { fetch, credential } }))
    expect(failure.message).toMatch(/oauth2\.googleapis\.com.*answered 404/)
    const broken = JSON.stringify({ ...(JSON.parse(account) as object), private_key: 'no key' })
    const ports = { fetch, credential: async () => ({ googleApplicationCredential: broken }) }
    expect((await failureOf(run(drawn, { ports }))).message).toMatch(/is no RSA key/)
  })
})

describe('Bedrock', () => {
  const keys = {
    awsKey: 'AKIA0123456789',
    awsSecret: 'aws-secret-0123456789',
    awsSession: 'session-1',
  }
  const credential = async () => keys
  const model = 'anthropic.claude-3-haiku-20240307-v1:0'
  const drawn = (inputs: Record<string, unknown>) => flow('awsChatBedrock', inputs)

  test('answers in one piece and piece by piece', async () => {
    script(provider, ['Rainbow Feet', 'Rainbow Feet again'])
    const at = drawn({ model, baseUrl: provider.mock.url })
    const ports = { fetch: provider.fetch, credential }
    expect((await run(at, { ports })).text).toBe('Rainbow Feet')
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    await run(at, { input: { streaming: true }, ports, emit })
    expect(textOf(events)).toBe('Rainbow Feet again')
    expect(provider.mock.getRequests()[0]?.path).toBe(
      `/model/${encodeURIComponent(model)}/converse`,
    )
  })

  const answer = {
    output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  }

  test('requests are signed with the keys of the credential, whatever the server itself has', async () => {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION']
    const all = [...names, 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME']
    for (const name of all) process.env[name] = 'from-the-environment'
    const { fetch, heard, asked } = await listen({ '/model': answer })
    const inputs = { model, region: 'eu-west-1', latencyOptimized: true }
    const result = await run(drawn(inputs), { ports: { fetch, credential } })
    for (const name of all) delete process.env[name]
    expect(result.text).toBe('Hi')
    expect(asked[0]?.host).toBe('bedrock-runtime.eu-west-1.amazonaws.com')
    expect(heard[0]?.headers).toMatchObject({
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIA0123456789\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /,
      ),
      'x-amz-security-token': 'session-1',
    })
    expect(JSON.stringify(heard)).not.toContain('from-the-environment')
    expect(JSON.parse(heard[0]?.body ?? '')).toMatchObject({
      inferenceConfig: { maxTokens: 200, temperature: 0.7 },
      performanceConfig: { latency: 'optimized' },
    })
  })

  test('a model that runs in profiles only is asked in the one of its region', async () => {
    stub = await startStub((request, response) => {
      const isProfile = request.url?.startsWith('/model/eu.') === true
      const why = 'Invocation of model ID x with on-demand throughput isn’t supported.'
      response.setHeader('content-type', 'application/json')
      response.statusCode = isProfile ? 200 : 400
      response.end(JSON.stringify(isProfile ? answer : { message: why }))
    })
    const { fetch, asked } = detour(stub.fetch, stub.baseUrl)
    const inputs = { model, endpointHost: 'bedrock.acme.example', region: 'eu-west-1' }
    expect((await run(drawn(inputs), { ports: { fetch, credential } })).text).toBe('Hi')
    expect(asked.map(({ href }) => decodeURIComponent(href))).toEqual([
      `https://bedrock.acme.example/model/${model}/converse`,
      `https://bedrock.acme.example/model/eu.${model}/converse`,
    ])
  })

  test.each<[string, Record<string, string>, Record<string, unknown>, RegExp]>([
    ['no keys', {}, {}, /needs a credential with AWS keys/],
    ['a role', { roleArn: 'arn:aws:iam::1:role/x' }, {}, /roles of AWS are not assumed here/],
    ['a region that is no name', keys, { region: 'x.evil.example/' }, /its region is no name/],
  ])('%s is refused', async (...[, fields, inputs, message]) => {
    const failure = await failureOf(
      run(drawn({ model, ...inputs }), { ports: { credential: async () => fields } }),
    )
    expect([failure.code, failure.message]).toEqual([
      'UNPROCESSABLE',
      expect.stringMatching(message),
    ])
  })
})

describe('watsonx', () => {
  const credential = async () => ({
    serviceUrl: 'https://eu-de.ml.cloud.ibm.com/',
    projectId: 'project-1',
    version: '2024-05-31',
    watsonxAIApikey: 'ibm-key-0123456789',
  })
  const answers = {
    '/identity/token': { access_token: 'ibm-token-0123456789' },
    '/ml/v1/text/chat_stream': pieces('Gu', 'ten Tag'),
    '/ml/v1/text/chat': completion('Hallo'),
  }

  test('is asked in its own format, with the token for which the key was exchanged', async () => {
    const { fetch, heard, asked } = await listen(answers)
    const drawn = flow('ibmWatsonx', { modelId: 'ibm/granite', maxNewTokens: '7' })
    expect((await run(drawn, { ports: { fetch, credential } })).text).toBe('Hallo')
    expect(asked.map(({ href }) => href)).toEqual([
      'https://iam.cloud.ibm.com/identity/token',
      'https://eu-de.ml.cloud.ibm.com/ml/v1/text/chat?version=2024-05-31',
    ])
    expect(heard[0]?.body).toContain('apikey=ibm-key-0123456789')
    expect(heard[1]?.headers).toMatchObject({ authorization: 'Bearer ibm-token-0123456789' })
    const body = JSON.parse(heard[1]?.body ?? '') as Record<string, unknown>
    expect(body).toMatchObject({ model_id: 'ibm/granite', project_id: 'project-1', max_tokens: 7 })
    expect(body).not.toHaveProperty('model')
  })

  test('answers piece by piece', async () => {
    const { fetch, heard } = await listen(answers)
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    const drawn = flow('chatIBMWatsonx', { modelName: 'ibm/granite' })
    await run(drawn, { input: { streaming: true }, ports: { fetch, credential }, emit })
    expect(textOf(events)).toBe('Guten Tag')
    expect(JSON.parse(heard[1]?.body ?? '')).not.toHaveProperty('stream')
  })

  test('takes a token as it is; without any nobody is asked', async () => {
    const { fetch, heard } = await listen(answers)
    const drawn = flow('chatIBMWatsonx', { modelName: 'ibm/granite' })
    const bearer = { serviceUrl: 'https://x.example', watsonxAIBearerToken: 'mine-0123456789' }
    await run(drawn, { ports: { fetch, credential: async () => bearer } })
    expect(heard[0]?.headers).toMatchObject({ authorization: 'Bearer mine-0123456789' })
    const none = { serviceUrl: 'https://x.example' }
    const lacking = await failureOf(run(drawn, { ports: { credential: async () => none } }))
    expect(lacking.message).toMatch(/needs a credential with watsonxAIApikey/)
    const empty = await failureOf(run(drawn, { ports: { credential: async () => ({}) } }))
    expect(empty.message).toMatch(/needs a credential with serviceUrl/)
  })
})

describe('Baidu', () => {
  test('is asked with the token for which its two keys sign', async () => {
    const { fetch, heard, asked } = await listen({
      '/v1/BCE-BEARER/token': { token: 'bce-v3/token-0123456789' },
      '/v2/chat/completions': completion('你好'),
    })
    const credential = async () => ({ qianfanAccessKey: 'ak', qianfanSecretKey: 'sk' })
    const drawn = flow('chatBaiduWenxin', { customModelName: 'ernie-x' })
    expect((await run(drawn, { ports: { fetch, credential } })).text).toBe('你好')
    expect(asked.map(({ href }) => href)).toEqual([
      'https://iam.bj.baidubce.com/v1/BCE-BEARER/token?expireInSeconds=86400',
      'https://qianfan.baidubce.com/v2/chat/completions',
    ])
    // Worked out by other means from the description of version 1 of its authentication.
    expect(heard[0]?.headers['authorization']).toBe(
      'bce-auth-v1/ak/2026-01-02T03:04:05Z/1800/host/1f35568ededf6cd30a74f23b14a17294c954e9e0b725669b5d1a4a7e90e957c2',
    )
    expect(heard[1]?.headers).toMatchObject({ authorization: 'Bearer bce-v3/token-0123456789' })
    expect(JSON.parse(heard[1]?.body ?? '')).toMatchObject({ model: 'ernie-x' })
  })

  test('without its keys nobody is asked', async () => {
    const ports = { credential: async () => ({ qianfanAccessKey: 'ak' }) }
    const failure = await failureOf(run(flow('chatBaiduWenxin', {}), { ports }))
    expect(failure.message).toMatch(/needs a credential with qianfanAccessKey and qianfanSecretKey/)
  })
})

test('Cloudflare is called at the account of its credential', async () => {
  const { fetch, asked } = await listen({ '/client/v4': completion('Hi') })
  const drawn = flow('chatCloudflareWorkersAI', { model: '@cf/meta/llama' })
  const fields = { cloudflareAccountId: 'acc/1', cloudflareApiToken: 'token-0123456789' }
  expect((await run(drawn, { ports: { fetch, credential: async () => fields } })).text).toBe('Hi')
  expect(asked[0]?.pathname).toBe('/client/v4/accounts/acc%2F1/ai/v1/chat/completions')
  const { cloudflareAccountId: _none, ...rest } = fields
  const failure = await failureOf(run(drawn, { ports: { fetch, credential: async () => rest } }))
  expect(failure.message).toMatch(/needs a credential with cloudflareAccountId/)
})

test.each([
  ['the messages alone', { messages: [{ role: 'assistant', content: 'I cannot.' }] }],
  ['OpenAI’s format', completion('I cannot.')],
])('NeMo Guardrails is asked by its configuration, and answers in %s', async (_what, answer) => {
  const { fetch, heard } = await listen({ '/v1/chat/completions': answer })
  const drawn = flow('chatNemoGuardrails', {
    configurationId: 'strict',
    baseUrl: 'http://rails.example:80',
  })
  const events: FlowEvent[] = []
  const emit = (event: FlowEvent) => void events.push(event)
  await run(drawn, { input: { streaming: true }, ports: { fetch }, emit })
  expect(textOf(events)).toBe('I cannot.')
  expect(JSON.parse(heard[0]?.body ?? '')).toEqual({
    config_id: 'strict',
    messages: [{ role: 'user', content: 'Name a company that makes socks.' }],
  })
})
