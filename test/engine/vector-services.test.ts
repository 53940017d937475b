import { describe, expect, test } from 'vitest'
import { createParts } from '../../src/engine/chatflow/parts.ts'
import { flattened, nested } from '../../src/engine/documents/services/metadata.ts'
import { isInstance, type VectorStore } from '../../src/engine/node/instances.ts'
import { runFlow } from '../../src/engine/run.ts'
import { prepareRun } from '../../src/engine/run/context.ts'
import { createSecrets } from '../../src/engine/text/secrets.ts'
import { upsertFlow } from '../../src/engine/upsert.ts'
import { failureOf, keepsNothing, requestFor, wire } from './harness.ts'

interface Call {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
}

type Inputs = Record<string, unknown>

const key = 'service-key-0123456789abcdef'

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers })

/** A world whose services answer so, in which every text has the same vector. */
function worldOf(answer: (call: Call) => Response, credential: Readonly<Record<string, string>>) {
  const calls: Call[] = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    init.signal?.throwIfAborted()
    const url = new URL(input instanceof Request ? input.url : input)
    const body = typeof init.body === 'string' ? init.body : ''
    const headers = new Headers(init.headers)
    const call = { method: init.method ?? 'GET', url, headers, body }
    calls.push(call)
    return answer(call)
  }
  const vectors = { open: keepsNothing, search: async () => [] }
  const embedLocally = async (texts: readonly string[]) => texts.map(() => [3, 4])
  return { calls, ports: { fetch, vectors, embedLocally, credential: async () => credential } }
}

const flowOf = (name: string, inputs: Inputs) =>
  wire([
    { id: 'text', name: 'plainText', output: 'document', inputs: { text: 'socks' } },
    { id: 'vectors', name: 'localEmbeddings' },
    {
      id: 'store',
      name,
      label: 'Store',
      category: 'Vector Stores',
      credential: 'cred-1',
      output: 'vectorStore',
      inputs: {
        document: '{{text.data.instance}}',
        embeddings: '{{vectors.data.instance}}',
        ...inputs,
      },
    },
  ])

async function storeIn(
  { ports }: ReturnType<typeof worldOf>,
  name: string,
  inputs: Inputs,
): Promise<VectorStore> {
  const world = { secrets: createSecrets(), spend: () => undefined, runFlow }
  const run = await prepareRun(requestFor(flowOf(name, inputs), { ports }), world)
  const node = run.flow.nodes.get('store')
  const built = node && (await createParts(run).build(node))
  if (!isInstance(built, 'vectorStore')) throw new Error('no vector store was built')
  return built
}

const qdrantInputs = { qdrantServerUrl: 'https://qdrant.test/base/', qdrantCollection: 'my docs' }
const collection = (distance = 'Cosine') =>
  json({ result: { config: { params: { vectors: { size: 2, distance } } } } })

/** A Qdrant that is asked again after such an answer; the answers go in order. */
const qdrantThat = (...answers: readonly (() => Response)[]) => {
  let at = 0
  return worldOf(
    ({ method }) => {
      if (method === 'GET') return collection()
      at += 1
      return (answers[at - 1] ?? answers.at(-1) ?? collection)()
    },
    { qdrantApiKey: key },
  )
}

const nothingFound = () => json({ result: { points: [] } })
const busy = (retryAfter: string) => () =>
  json({ status: { error: 'Too busy.' } }, 429, { 'retry-after': retryAfter })

test.each(['qdrantExistingIndex', 'qdrantUpsert'])('%s of older flows is Qdrant', async (name) => {
  const world = qdrantThat(nothingFound)
  const store = await storeIn(world, name, qdrantInputs)
  expect(await store.search('socks')).toEqual([])
  expect(world.calls.at(-1)?.url.pathname).toBe('/base/collections/my%20docs/points/query')
})

describe('the filter of a store that is kept here', () => {
  const place = { tableName: 'documents' }

  test.each(['{"team":"a"}', { team: 'a' }])('%j: only what has it is found', async (filter) => {
    const world = worldOf(() => json({}), {})
    const asked: unknown[] = []
    const search: typeof world.ports.vectors.search = async (...args) => {
      asked.push(args)
      return []
    }
    const ports = { ...world.ports, vectors: { ...world.ports.vectors, search } }
    const inputs = { ...place, supabaseMetadataFilter: filter }
    await (await storeIn({ ...world, ports }, 'supabase', inputs)).search('socks')
    expect(JSON.stringify(asked)).toContain('"filter":{"team":"a"}')
  })

  test.each([
    ['supabase', { supabaseRPCFilter: 'filter("metadata->a::int", "gt", 5)' }],
    ['milvus', { milvusFilter: 'team == "a"' }],
    ['upstash', { upstashMetadataFilter: "team = 'a'" }],
    ['weaviate', { weaviateFilter: '{"path":["team"],"operator":"Equal","valueText":"a"}' }],
  ])('%s: one in words of its own is refused by name: %j', async (name, inputs) => {
    const failure = await failureOf(
      storeIn(
        worldOf(() => json({}), {}),
        name,
        inputs,
      ),
    )
    const [input = ''] = Object.keys(inputs)
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toContain(`"Store" (store) cannot run`)
    expect(failure.message).toContain(`its input "${input}" cannot be read`)
  })
})

describe('a service that is busy', () => {
  test('is asked again, with its key, at its own path', async () => {
    const world = qdrantThat(busy('0'), () => json({}, 503, { 'retry-after': '0' }), nothingFound)
    const store = await storeIn(world, 'qdrant', qdrantInputs)
    expect(await store.search('socks')).toEqual([])
    expect(world.calls.map(({ url }) => url.href)).toEqual([
      'https://qdrant.test/base/collections/my%20docs',
      ...Array(3).fill('https://qdrant.test/base/collections/my%20docs/points/query'),
    ])
    expect(world.calls.every(({ headers }) => headers.get('api-key') === key)).toBe(true)
  })

  test('is asked three times in all, and then told of in its words', async () => {
    const world = qdrantThat(busy('0'))
    const store = await storeIn(world, 'qdrant', qdrantInputs)
    const { code, message } = await failureOf(store.search('socks'))
    expect([code, message]).toEqual([
      'UPSTREAM',
      'The service of "Store" (store) answered 429: Too busy.',
    ])
    expect(world.calls).toHaveLength(1 + 3)
  })

  test('is not waited for when it wants minutes', async () => {
    const world = qdrantThat(busy('600'))
    const store = await storeIn(world, 'qdrant', qdrantInputs)
    expect((await failureOf(store.search('socks'))).message).toContain('429')
    expect(world.calls).toHaveLength(1 + 1)
  })

  test('is not waited for once the run is aborted', async () => {
    const world = qdrantThat(busy('29'))
    const store = await storeIn(world, 'qdrant', qdrantInputs)
    const signal = AbortSignal.timeout(50)
    await expect(store.search('socks', { signal })).rejects.toThrow(/timeout/)
    expect(world.calls).toHaveLength(1 + 1)
  })

  test('is not asked again when it refuses', async () => {
    const world = qdrantThat(() => json({ status: { error: 'Wrong input.' } }, 400))
    const store = await storeIn(world, 'qdrant', qdrantInputs)
    expect((await failureOf(store.search('socks'))).message).toContain('400: Wrong input.')
    expect(world.calls).toHaveLength(1 + 1)
  })

  test('whose answer is no answer is told of', async () => {
    const world = qdrantThat(() => new Response('<html>'))
    const store = await storeIn(world, 'qdrant', qdrantInputs)
    const { code, message } = await failureOf(store.search('socks'))
    expect([code, message]).toEqual([
      'UPSTREAM',
      'The service of "Store" (store) gave an answer that cannot be read.',
    ])
  })
})

test('a key that is drawn in a flow is used, and told nobody', async () => {
  const world = worldOf(() => json({ status: { error: `No ${key} here.` } }, 403), {})
  const inputs = { ...qdrantInputs, qdrantApiKey: key }
  const request = requestFor(flowOf('qdrant', inputs), { ports: world.ports })
  expect((await failureOf(upsertFlow(request))).message).toBe(
    'The service of "Store" (store) answered 403: No [redacted] here.',
  )
  expect(world.calls.map(({ headers }) => headers.get('api-key'))).toEqual([key])
})

describe('what a node lacks is named', () => {
  const own = { pineconeApiKey: key, qdrantApiKey: key, chromaApiKey: key }
  test.each([
    ['pinecone', {}, own, 'it needs the name of an index.'],
    [
      'pinecone',
      { pineconeIndex: 'a' },
      { other: 'x' },
      'it needs a credential with pineconeApiKey.',
    ],
    ['qdrant', { qdrantCollection: 'a' }, own, 'it needs the URL of its server.'],
    ['qdrant', { qdrantServerUrl: 'http://q.test' }, own, 'it needs the name of a collection.'],
    [
      'qdrant',
      { qdrantServerUrl: 'q.test:6333', qdrantCollection: 'a' },
      own,
      'it needs an http URL as the address of its service.',
    ],
    [
      'chroma',
      { collectionName: 'a' },
      own,
      'it needs a credential with chromaTenant and chromaDatabase, or a Chroma URL.',
    ],
    ['chroma', { chromaURL: 'http://c.test' }, own, 'it needs the name of a collection.'],
  ])('%s %j', async (...[name, inputs, credential, words]) => {
    const world = worldOf(() => json({}), credential)
    const { code, message } = await failureOf(storeIn(world, name, inputs))
    expect([code, message]).toEqual([
      'UNPROCESSABLE',
      `The node "Store" (store) cannot run: ${words}`,
    ])
    expect(world.calls).toEqual([])
  })
})

describe('Pinecone', () => {
  const index = { pineconeIndex: 'docs' }
  const credential = { pineconeApiKey: key }

  test.each(['http://index.test', 'ftp://index.test', 'no host'])(
    'is given no key at %s, where its controller sends us',
    async (host) => {
      const world = worldOf(() => json({ host, dimension: 2, metric: 'cosine' }), credential)
      const store = await storeIn(world, 'pinecone', index)
      const { code, message } = await failureOf(store.search('socks'))
      expect([code, message]).toEqual([
        'UPSTREAM',
        'The service of "Store" (store) names a host of its index that is not secure.',
      ])
      expect(world.calls.map(({ url }) => url.href)).toEqual([
        'https://api.pinecone.io/indexes/docs',
      ])
    },
  )

  test('finds what others have put there', async () => {
    const metadata = { words: 'Warm socks.', 'loc.page': 3, 'a.b': ['x'] }
    const matches = [
      { id: '1', score: 0.5, metadata },
      { id: '2', score: 1 },
    ]
    const world = worldOf(
      ({ url }) =>
        url.host === 'api.pinecone.io'
          ? json({ host: 'index.test', dimension: 2, metric: 'euclidean' })
          : json({ matches }),
      credential,
    )
    const inputs = { ...index, pineconeTextKey: 'words' }
    const store = await storeIn(world, 'pinecone', inputs)
    expect(await store.search('socks')).toEqual([
      { pageContent: 'Warm socks.', metadata: { loc: { page: 3 }, a: { b: ['x'] } }, score: 0.75 },
      { pageContent: '', metadata: {}, score: 0.5 },
    ])
    expect(world.calls.at(-1)?.url.href).toBe('https://index.test/query')
  })

  test('is sent no more at once than it takes', async () => {
    const world = worldOf(
      ({ url }) =>
        url.host === 'api.pinecone.io' ? json({ host: 'index.test' }) : json({ vectors: {} }),
      credential,
    )
    const store = await storeIn(world, 'pinecone', index)
    const text = 'x'.repeat(30_000)
    const documents = Array.from({ length: 150 }, (_, at) => `${at} ${text}`)
    await store.add(documents.map((pageContent) => ({ pageContent, metadata: {} })))
    const sent = world.calls.filter(({ url }) => url.pathname === '/vectors/upsert')
    const sizes = sent.map(({ body }) => body.length)
    expect(Math.max(...sizes)).toBeLessThan(2 * 1024 ** 2)
    expect(sizes.length).toBe(3)
  })
})

test('Qdrant’s distances are told as nearness', async () => {
  const points = [{ id: 1, score: 1, payload: { content: 'Warm socks.', metadata: { a: 1 } } }]
  const world = worldOf(
    ({ method }) => (method === 'GET' ? collection('Euclid') : json({ result: { points } })),
    { qdrantApiKey: key },
  )
  const store = await storeIn(world, 'qdrant', qdrantInputs)
  expect(await store.search('socks')).toEqual([
    { pageContent: 'Warm socks.', metadata: { a: 1 }, score: 0.5 },
  ])
})

test('a collection of Qdrant whose vectors have names is refused', async () => {
  const vectors = { words: { size: 2, distance: 'Cosine' } }
  const world = worldOf(() => json({ result: { config: { params: { vectors } } } }), {
    qdrantApiKey: key,
  })
  const store = await storeIn(world, 'qdrant', qdrantInputs)
  expect((await failureOf(store.search('socks'))).message).toBe(
    'The collection "my docs" of "Store" (store) gives its vectors names, and needs one without.',
  )
})

test.each([
  ['l2', 1, 0.5],
  ['cosine', 0.25, 0.75],
])('Chroma’s distances by %s are told as nearness', async (space, distance, score) => {
  const world = worldOf(
    ({ method }) =>
      method === 'GET'
        ? json({ id: 'c1', dimension: 2, configuration_json: { hnsw: { space } } })
        : json({
            ids: [['a']],
            documents: [['Warm socks.']],
            metadatas: [[null]],
            distances: [[distance]],
          }),
    { chromaApiKey: key, chromaTenant: 'me', chromaDatabase: 'db' },
  )
  const store = await storeIn(world, 'chroma', { collectionName: 'docs' })
  expect(await store.search('socks')).toEqual([{ pageContent: 'Warm socks.', metadata: {}, score }])
  const place = 'https://api.trychroma.com/api/v2/tenants/me/databases/db/collections'
  expect(world.calls.map(({ url }) => url.href)).toEqual([`${place}/docs`, `${place}/c1/query`])
})

test('an upsert that is aborted takes back what it has sent', async () => {
  const abort = new AbortController()
  const world = qdrantThat(() => json({ result: [] }))
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await world.ports.fetch(input, init)
    const last = world.calls.at(-1)
    if (last?.method === 'PUT' && last.url.pathname.endsWith('/points')) abort.abort()
    return response
  }
  const { signal } = abort
  const request = requestFor(flowOf('qdrant', qdrantInputs), {
    ports: { ...world.ports, fetch },
    signal,
  })
  expect((await failureOf(upsertFlow(request))).code).toBe('CONFLICT')
  const [written, removed] = world.calls
    .filter(({ url }) => /\/points(\/delete)?$/.test(url.pathname))
    .slice(-2)
    .map(({ body }) => JSON.parse(body) as { points: (string | { id: string })[] })
  expect(removed?.points).toEqual(written?.points.map((point) => Object(point).id as string))
})

describe('metadata', () => {
  test.each([
    [
      { a: 1, b: { c: 'x', d: [true, { e: null, f: 2 }] } },
      { a: 1, 'b.c': 'x', 'b.d.0': true, 'b.d.1.f': 2 },
    ],
    [{ list: ['a', 'b'] }, { 'list.0': 'a', 'list.1': 'b' }],
  ])('%j lies flat, and stands up again', (metadata, flat) => {
    expect(flattened(metadata, { keepsLists: false })).toEqual(flat)
    const whole = JSON.parse(JSON.stringify(metadata).replace('"e":null,', '')) as unknown
    expect(nested(flat)).toEqual(whole)
  })

  test('of others does no harm', () => {
    const deep = Array(20_000).fill('a').join('.')
    const made = nested({ '__proto__.polluted': 1, [deep]: 2, 'x.y': 3, x: 4 })
    expect(Object.keys(made).sort()).toEqual(['__proto__.polluted', deep, 'x'].sort())
    expect(made['x']).toBe(4)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
