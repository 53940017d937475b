import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { credentialKinds } from '../../src/credentials/kinds.ts'
import { compatibleProviders } from '../../src/engine/model/compatible-providers.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { findNode, nodeDefinitions } from '../../src/engine/nodes/index.ts'
import {
  buildInstance,
  failureOf,
  llmChainFlow,
  refuse,
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
beforeEach(() => {
  provider.mock.clearRequests()
})
afterEach(async () => {
  await stub?.stop()
  stub = undefined
})
afterAll(() => provider.stop())

const key = 'secret-key-0123456789abcdefghij'
const googleCredential = async () => ({ googleGenerativeAPIKey: key })

/** Node, field of its key, and path that belongs to its base URL. */
const chatModels: [string, string, string][] = [
  ['chatOpenAI', 'openAIApiKey', '/v1'],
  ['azureChatOpenAI', 'azureOpenAIApiKey', '/openai'],
  ['chatAnthropic', 'anthropicApiKey', '/v1'],
  ['chatGoogleGenerativeAI', 'googleGenerativeAPIKey', '/v1beta'],
  ['chatMistralAI', 'mistralAIAPIKey', '/v1'],
  ['chatOllama', 'ollamaApiKey', '/v1'],
  ...compatibleProviders.map(({ name, keyField }): [string, string, string] => [
    name,
    keyField,
    '/v1',
  ]),
]

const flow = (name: string, baseUrl: string, inputs: Record<string, unknown> = {}) =>
  llmChainFlow(baseUrl, { model: { name, inputs: { modelName: 'some-model', ...inputs } } })

describe.each(chatModels)('%s', (name, field, path) => {
  const ports = (fetch: typeof globalThis.fetch) => ({
    fetch,
    credential: async () => ({ [field]: key }),
  })

  test('answers in one piece and piece by piece', async () => {
    script(provider, ['Rainbow Feet', 'Rainbow Feet again'])
    const drawn = flow(name, provider.mock.url + path)
    const whole = await run(drawn, { ports: ports(provider.fetch) })
    expect(whole.text).toBe('Rainbow Feet')
    const events: FlowEvent[] = []
    const streamed = await run(drawn, {
      input: { streaming: true },
      ports: ports(provider.fetch),
      emit: (event) => void events.push(event),
    })
    expect(streamed.text).toBe('Rainbow Feet again')
    expect(textOf(events)).toBe('Rainbow Feet again')
  })

  test.each([true, false])('an echoed key is not told (streaming: %s)', async (streaming) => {
    stub = await startStub((request, response) => {
      const sent = Object.values(request.headers).join(' ')
      refuse(response, 401, `You sent ${sent}`)
    })
    const { baseUrl, fetch } = stub
    const drawn = flow(name, baseUrl.replace('/v1', path))
    const failure = await failureOf(run(drawn, { input: { streaming }, ports: ports(fetch) }))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/"ChatOpenAI" \(chatOpenAI_0\) answered 401/)
    expect(JSON.stringify(stub.requests[0]?.headers)).toContain(key)
    expect(failure.message).not.toContain(key.slice(0, 12))
    expect(failure.message).not.toContain(key.slice(-12))
  })

  test('without a key nobody is asked', async () => {
    const failure = await failureOf(
      run(flow(name, ''), { ports: { credential: async () => ({}) } }),
    )
    // Ollama is asked at its usual place, and there the test calls nobody.
    expect(failure.message).toMatch(/needs a (?:credential|base path)|cannot be read|failed/)
  })
})

test('the environment is never asked for a key or an address', async () => {
  const names = ['ANTHROPIC_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'MISTRAL_API_KEY']
  for (const name of names) process.env[name] = 'from-the-environment'
  process.env['ANTHROPIC_BASE_URL'] = 'http://wrong.example'
  stub = await startStub((_request, response) => refuse(response, 400, 'no'))
  for (const name of ['chatAnthropic', 'chatGoogleGenerativeAI', 'chatMistralAI']) {
    const drawn = llmChainFlow(stub.baseUrl, { model: { name, credential: '' } })
    await failureOf(run(drawn, { ports: { fetch: stub.fetch } }))
  }
  for (const name of [...names, 'ANTHROPIC_BASE_URL']) delete process.env[name]
  expect(stub.requests).toHaveLength(3)
  const headers = JSON.stringify(stub.requests.map((request) => request.headers))
  expect(headers).not.toContain('from-the-environment')
})

test('an Azure instance that is no name is refused', async () => {
  const fields = { azureOpenAIApiKey: key, azureOpenAIApiInstanceName: 'a.b/c#' }
  const drawn = llmChainFlow('', { model: { name: 'azureChatOpenAI', inputs: { basepath: '' } } })
  const failure = await failureOf(run(drawn, { ports: { credential: async () => fields } }))
  expect(failure.message).toMatch(/Azure instance is no name/)
})

test('Azure is called at the deployment and with the version of its credential', async () => {
  const urls: string[] = []
  const fetch: typeof globalThis.fetch = async (input) => {
    urls.push(input instanceof Request ? input.url : input.toString())
    return new Response('{}', { status: 404 })
  }
  const fields = {
    azureOpenAIApiKey: key,
    azureOpenAIApiInstanceName: 'mine',
    azureOpenAIApiDeploymentName: 'gpt',
    azureOpenAIApiVersion: '2024-06-01',
  }
  const drawn = llmChainFlow('', { model: { name: 'azureChatOpenAI', inputs: { basepath: '' } } })
  await failureOf(run(drawn, { ports: { credential: async () => fields, fetch } }))
  expect(urls).toEqual([
    'https://mine.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-06-01',
  ])
})

describe('embeddings', () => {
  const names = [
    ['openAIEmbeddings', 'openAIApiKey', '/v1'],
    ['azureOpenAIEmbeddings', 'azureOpenAIApiKey', '/openai'],
    ['mistralAIEmbeddings', 'mistralAIAPIKey', '/v1'],
    ['cohereEmbeddings', 'cohereApiKey', '/v1'],
    ['ollamaEmbedding', 'ollamaApiKey', '/v1'],
    ['localAIEmbeddings', 'localAIApiKey', '/v1'],
    ['togetherAIEmbedding', 'togetherAIApiKey', '/v1'],
    ['jinaEmbeddings', 'jinaAIAPIKey', '/v1'],
    ['voyageAIEmbeddings', 'apiKey', '/v1'],
  ] as const

  test.each(names)('%s gives one vector a text', async (name, field, path) => {
    const inputs = { modelName: 'm', basepath: provider.mock.url + path, batchSize: '2' }
    const ports = { fetch: provider.fetch, credential: async () => ({ [field]: key }) }
    const embedder = await buildInstance('embedder', { name, inputs }, { ports })
    provider.mock.clearFixtures()
    const vectors = await embedder.embed(['a', 'b', 'c'])
    expect(vectors).toHaveLength(3)
    expect(vectors.every((vector) => vector.length > 1)).toBe(true)
    expect(provider.mock.getRequests().length).toBeGreaterThan(1)
  })

  test('googleGenerativeAiEmbeddings gives one vector a text', async () => {
    stub = await startStub((_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ embeddings: [{ values: [1, 2] }, { values: [3, 4] }] }))
    })
    const node = { name: 'googleGenerativeAiEmbeddings', inputs: { basepath: stub.baseUrl } }
    const embedder = await buildInstance('embedder', node, {
      ports: { fetch: stub.fetch, credential: googleCredential },
    })
    expect(await embedder.embed(['a', 'b'])).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(stub.requests[0]?.url).toBe('/v1/models/gemini-embedding-001:batchEmbedContents')
  })

  test('the number of dimensions and the purpose of vectors are asked for', async () => {
    const bodies: string[] = []
    stub = await startStub((request, response) => {
      request.on('data', (piece: Buffer) => bodies.push(piece.toString()))
      request.on('end', () => {
        response.setHeader('content-type', 'application/json')
        const data = [{ index: 0, embedding: [1] }]
        response.end(JSON.stringify({ data, embedding: { values: [1] } }))
      })
    })
    const { fetch, baseUrl: basepath } = stub
    const embed = async (name: string, inputs: Record<string, unknown>) => {
      const ports = { fetch, credential: googleCredential }
      const node = { name, inputs: { ...inputs, basepath } }
      await (await buildInstance('embedder', node, { ports })).embed(['a'])
      return JSON.parse(bodies.at(-1) ?? '') as unknown
    }
    expect(await embed('jinaEmbeddings', { modelDimensions: '512' })).toMatchObject({
      dimensions: 512,
    })
    const google = 'googleGenerativeAiEmbeddings'
    expect(await embed(google, { tasktype: 'RETRIEVAL_QUERY' })).toMatchObject({
      taskType: 'RETRIEVAL_QUERY',
    })
    expect(await embed(google, { tasktype: 'TASK_TYPE_UNSPECIFIED' })).not.toHaveProperty(
      'taskType',
    )
  })

  test('a failure names the node and not the key', async () => {
    stub = await startStub((_request, response) => refuse(response, 400, 'too long'))
    const node = { name: 'openAIEmbeddings', inputs: { basepath: stub.baseUrl } }
    const embedder = await buildInstance('embedder', node, { ports: { fetch: stub.fetch } })
    const failure = await failureOf(embedder.embed(['a']))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/"x" \(x_0\) answered 400: too long/)
  })
})

test('a model on an endpoint of HuggingFace is asked there', async () => {
  stub = await startStub((_request, response) => refuse(response, 400, 'no'))
  const inputs = { basepath: '', endpoint: stub.baseUrl.replace('/v1', ''), model: 'm' }
  const drawn = llmChainFlow('', { model: { name: 'huggingFaceInference_LLMs', inputs } })
  const credential = async () => ({ huggingFaceApiKey: key })
  await failureOf(run(drawn, { ports: { fetch: stub.fetch, credential } }))
  expect(stub.requests[0]).toMatchObject({
    url: '/v1/chat/completions',
    headers: { authorization: `Bearer ${key}` },
  })
})

test('every credential that a node takes is of a known type', () => {
  const known = new Set(credentialKinds.map(({ name }) => name))
  const taken = nodeDefinitions.map(({ credential }) => credential)
  expect(taken.filter((name) => name !== undefined && !known.has(name))).toEqual([])
})

test('every model node is known by its aliases', () => {
  const aliases = [
    'azureChatOpenAI_LlamaIndex',
    'chatAnthropic_LlamaIndex',
    'chatGroq_LlamaIndex',
    'chatMistral_LlamaIndex',
    'chatOllama_LlamaIndex',
    'chatOpenAI_LlamaIndex',
    'chatTogetherAI_LlamaIndex',
    'openAIEmbedding_LlamaIndex',
    'awsBedrock',
    'azureOpenAI',
    'cohere',
    'fireworks',
    'googlevertexai',
    'huggingFaceInference_LLMs',
    'ibmWatsonx',
    'ollama',
    'sambanova',
    'togetherAI',
    'Chat NVIDIA NIM',
  ]
  expect(aliases.filter((name) => findNode(name) === undefined)).toEqual([])
})

test('nodes are known by the names that older flows have for them', () => {
  const agents = ['mrklAgentChat', 'mrklAgentLLM', 'openAIFunctionAgent']
  expect(agents.map((name) => findNode(name)?.name)).toEqual(Array(3).fill('toolAgent'))
  const stores = [
    'chroma',
    'faiss',
    'milvus',
    'pinecone',
    'postgres',
    'qdrant',
    'supabase',
    'weaviate',
  ]
  expect(stores.map((name) => findNode(`${name}Upsert`)?.name)).toEqual(stores)
  expect(findNode('ElasticsearchUpsert')?.name).toBe('elasticsearch')
  expect(findNode('RedisUpsert')?.name).toBe('redis')
  // What others put into a database of theirs is not here.
  expect(findNode('supabaseExistingIndex')).toBeUndefined()
})

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  [
    'chatAnthropic',
    { extendedThinking: true, budgetTokens: '2048' },
    { thinking: { type: 'enabled', budget_tokens: 2048 } },
  ],
  [
    'chatAnthropic',
    { adaptiveThinking: true, thinkingEffort: 'low' },
    { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
  ],
  [
    'chatGoogleGenerativeAI',
    { thinkingBudget: '0' },
    { generationConfig: { thinkingConfig: { thinkingBudget: 0, includeThoughts: true } } },
  ],
  [
    'chatGoogleGenerativeAI',
    { thinkingLevel: 'low', thinkingBudget: '9' },
    { generationConfig: { thinkingConfig: { thinkingLevel: 'low', includeThoughts: true } } },
  ],
  [
    'chatGoogleGenerativeAI',
    {
      safetySettings: JSON.stringify([
        { harmCategory: 'HARM_CATEGORY_HARASSMENT', harmBlockThreshold: 'BLOCK_NONE' },
        { harmCategory: 'HARM_CATEGORY_HARASSMENT', harmBlockThreshold: 'BLOCK_ONLY_HIGH' },
        { harmCategory: '', harmBlockThreshold: 'BLOCK_NONE' },
      ]),
    },
    { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] },
  ],
  [
    'chatGoogleGenerativeAI',
    {
      harmCategory: '["HARM_CATEGORY_HARASSMENT","HARM_CATEGORY_HATE_SPEECH"]',
      harmBlockThreshold: '["BLOCK_NONE","BLOCK_ONLY_HIGH"]',
    },
    {
      safetySettings: [
        { category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_ONLY_HIGH' },
        { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' },
      ],
    },
  ],
  ['chatOllama', { jsonMode: true }, { response_format: { type: 'json_object' } }],
  ['chatHuggingFace', { stop: 'END, STOP' }, { stop: ['END', 'STOP'] }],
])('%s is asked as its author drew it: %j', async (name, drawn, expected) => {
  const bodies: string[] = []
  stub = await startStub((request, response) => {
    request.on('data', (piece: Buffer) => bodies.push(piece.toString()))
    request.on('end', () => refuse(response, 400, 'no'))
  })
  const inputs = { modelName: 'some-model', baseUrl: stub.baseUrl, streaming: false, ...drawn }
  const flow = llmChainFlow('', { model: { name, inputs } })
  const credential = async () => ({ anthropicApiKey: key, googleGenerativeAPIKey: key })
  await failureOf(run(flow, { ports: { fetch: stub.fetch, credential } }))
  expect(JSON.parse(bodies[0] ?? '')).toMatchObject(expected)
})
