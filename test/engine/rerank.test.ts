import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureOf, run, startProvider, wire, type Drawn, type Told } from './harness.ts'
import { embeddings, instance, library, store } from './library.ts'
import { script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const texts = ['Socks are warm.', 'Socks cost 3 euros.', 'Hats are wide.']
const key = 'key-of-the-service-123456'

interface Sent {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** The service's answer; everything else goes to the provider. */
function service(answer: unknown, status = 200) {
  const sent: Sent[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (url.startsWith(provider.mock.url)) return provider.fetch(input, init)
    const headers = init?.headers as Record<string, string>
    sent.push({ url, headers, body: JSON.parse(init?.body as string) as Sent['body'] })
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), { status })
  }
  return { sent, fetch }
}

const flow = (name: string, inputs: Record<string, unknown> = {}, more: Partial<Drawn> = {}) =>
  wire([
    {
      id: 'model',
      name: 'chatOpenAI',
      category: 'Chat Models',
      inputs: { basepath: provider.baseUrl },
    },
    embeddings,
    store('retriever', { topK: 3 }, 'base'),
    {
      id: 'rerank',
      name,
      label: 'Rerank',
      category: 'Retrievers',
      credential: 'cred-1',
      inputs: { baseRetriever: instance('base'), ...inputs },
      ...more,
    },
    {
      id: 'end',
      name: 'retrievalQAChain',
      category: 'Chains',
      inputs: { model: instance('model'), vectorStoreRetriever: instance('rerank') },
    },
  ])
const told = (fetch: typeof globalThis.fetch, fields: Record<string, string>): Told => ({
  ports: { ...library(texts, ['socks', 'hats']).ports, fetch, credential: async () => fields },
})
const ranking = [
  { index: 1, relevance_score: 0.9 },
  { index: 2, relevance_score: 0.4 },
  { index: 0, relevance_score: 0.2 },
]
const endpoint = 'https://azure.example/rerank'

const services: [string, Record<string, string>, unknown, Sent][] = [
  [
    'cohereRerankRetriever',
    { cohereApiKey: key },
    { results: ranking },
    {
      url: 'https://api.cohere.ai/v1/rerank',
      headers: { authorization: `Bearer ${key}` },
      body: { model: 'rerank-v3.5', top_n: 2, max_chunks_per_doc: 10, return_documents: false },
    },
  ],
  [
    'voyageAIRerankRetriever',
    { apiKey: key },
    { data: ranking },
    {
      url: 'https://api.voyageai.com/v1/rerank',
      headers: { authorization: `Bearer ${key}` },
      body: { model: 'rerank-lite-1', top_k: 2 },
    },
  ],
  [
    'JinaRerankRetriever',
    { jinaAIAPIKey: key },
    { results: ranking },
    {
      url: 'https://api.jina.ai/v1/rerank',
      headers: { authorization: `Bearer ${key}` },
      body: { model: 'jina-reranker-v2-base-multilingual', top_n: 2 },
    },
  ],
  [
    'AzureRerankRetriever',
    { azureFoundryApiKey: key, azureFoundryEndpoint: endpoint },
    { results: ranking },
    {
      url: endpoint,
      headers: { 'api-key': key },
      body: { model: 'Cohere-rerank-v4.0-fast', top_n: 2, max_chunks_per_doc: 10 },
    },
  ],
]

describe.each(services)('%s', (...[name, fields, answer, expected]) => {
  test('puts what was found in the order of its service', async () => {
    script(provider, ['answer'])
    const { sent, fetch } = service(answer)
    const top = name === 'JinaRerankRetriever' ? { topN: '2' } : { topK: '2' }
    const result = await run(flow(name, top), told(fetch, fields))
    expect(sent).toMatchObject([expected])
    expect(sent[0]?.body).toMatchObject({ query: 'socks', documents: texts })
    expect(result.sourceDocuments).toEqual([
      { pageContent: texts[1], metadata: { at: 1, relevance_score: 0.9 } },
      { pageContent: texts[2], metadata: { at: 2, relevance_score: 0.4 } },
    ])
  })

  test.each(Object.keys(fields))('without %s is refused by name', async (field) => {
    const { fetch, sent } = service(answer)
    const failure = await failureOf(run(flow(name), told(fetch, { ...fields, [field]: '' })))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toBe(
      `The node "Rerank" (rerank) cannot run: it needs a credential with ${field}.`,
    )
    expect(sent).toHaveLength(0)
  })

  test('tells why its service refused, without the key', async () => {
    const { fetch } = service(`the key ${key} is wrong`, 401)
    const failure = await failureOf(run(flow(name), told(fetch, fields)))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(
      /^The node "Rerank" \(rerank\) cannot run: .* answered 401: the/,
    )
    expect(failure.message).not.toContain(key)
  })
})

const cohere = { cohereApiKey: key }

test.each<[string, unknown]>([
  ['no ranking', { results: [{ index: 'first' }] }],
  ['no JSON', 'sorry'],
])('a service that gives %s fails the run', async (_what, answer) => {
  const { fetch } = service(answer)
  const failure = await failureOf(run(flow('cohereRerankRetriever'), told(fetch, cohere)))
  expect(failure).toMatchObject({ code: 'UPSTREAM' })
  expect(failure.message).toMatch(/"Rerank" \(rerank\).*gave no ranking/)
})

test('a document that the service makes up is none', async () => {
  script(provider, ['answer'])
  const { fetch } = service({ results: [{ index: 7, relevance_score: 1 }, ...ranking] })
  const { sourceDocuments } = await run(flow('cohereRerankRetriever'), told(fetch, cohere))
  expect(sourceDocuments?.map(({ pageContent }) => pageContent)).toEqual([texts[1], texts[2]])
})

test('nothing found is nothing to rank', async () => {
  script(provider, ['answer'])
  const { fetch, sent } = service({})
  const changes = told(fetch, cohere)
  const ports = { ...changes.ports, ...library([], []).ports }
  expect((await run(flow('cohereRerankRetriever'), { ports })).sourceDocuments).toEqual([])
  expect(sent).toHaveLength(0)
})

test('a key of the node itself is told by nobody', async () => {
  const { fetch } = service('bad key own-key-123456', 401)
  const inputs = { cohereApiKey: 'own-key-123456' }
  const failure = await failureOf(run(flow('cohereRerankRetriever', inputs), told(fetch, {})))
  expect(failure.message).toContain('bad key')
  expect(failure.message).not.toContain('own-key-123456')
})

test('a key of the node itself, another model and fewer pieces are sent', async () => {
  script(provider, ['answer'])
  const { fetch, sent } = service({ results: ranking })
  const inputs = { cohereApiKey: 'own', model: 'rerank-english-v3.0', maxChunksPerDoc: '3' }
  await run(flow('cohereRerankRetriever', inputs), told(fetch, cohere))
  expect(sent).toMatchObject([
    {
      headers: { authorization: 'Bearer own' },
      body: { model: 'rerank-english-v3.0', max_chunks_per_doc: 3, top_n: 3 },
    },
  ])
})
