import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  dataUri,
  qaFlow,
  startBoth,
  startEmbedder,
  upsert,
  type Drawn,
  type Sourced,
  type UpsertAnswer,
} from './harness.ts'
import { chroma } from './services/chroma.ts'
import { serviceKey, type FakeService } from './services/fake.ts'
import { pinecone } from './services/pinecone.ts'
import { qdrant } from './services/qdrant.ts'

let both: Awaited<ReturnType<typeof startBoth>>
let embedder: Awaited<ReturnType<typeof startEmbedder>>

beforeAll(async () => {
  embedder = await startEmbedder()
  both = await startBoth({ env: { EGRESS_ALLOW: '127.0.0.1' } })
  both.mock.onMessage(/./, { content: 'Said.' })
})
afterAll(async () => {
  await both.close()
  embedder.stop()
})
beforeEach(() => {
  Object.assign(embedder.state, { texts: 0, gate: Promise.resolve(), most: Infinity })
})

const norway = 'Shipping to Norway takes four working days by boat.'
const socks = 'Socks are returned within thirty days of the purchase.'
const bergen = 'The shop in Bergen opens at nine in the morning.'
const notes = [socks, norway, bergen].join('\n\n')

const lines = (count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `This is line ${at} of a file that has a great many.`,
  ).join('\n\n')

describe.each([pinecone, qdrant, chroma])('$name, with a credential', (drawing) => {
  let service: FakeService
  let credential: string

  beforeAll(async () => {
    service = await drawing.start()
    credential = await store(serviceKey)
  })
  afterAll(() => service.stop())
  beforeEach(() => service.reset())

  async function store(key: string): Promise<string> {
    const body = { name: drawing.name, ...drawing.credential(key) }
    const { token } = both.app.owner
    return (await both.app.rest<{ id: string }>('POST', '/credentials', { token, body })).body.id
  }

  interface Changes {
    readonly text?: string
    readonly name?: string
    readonly metadata?: unknown
    readonly store?: Partial<Drawn>
    readonly baseUrl?: string
    readonly more?: readonly Drawn[]
  }

  const flowData = (changes: Changes = {}) => {
    const { text = notes, name, metadata = {}, more = [], baseUrl = embedder.baseUrl } = changes
    const inputs = { txtFile: dataUri(text, name), metadata: JSON.stringify(metadata) }
    const flow = qaFlow(both.baseUrl, {
      more,
      loader: { inputs },
      embeddings: { basepath: baseUrl },
      store: {
        name: drawing.name,
        credential,
        ...changes.store,
        inputs: { ...drawing.inputs(service.url), ...changes.store?.inputs },
      },
    })
    return flow
  }

  const add = async (changes: Changes = {}, more = {}) =>
    (await both.app.addFlow({ flowData: flowData(changes), ...more })).id

  async function redraw(id: string, changes: Changes): Promise<void> {
    const body = { flowData: flowData(changes) }
    await both.app.rest('PUT', `/chatflows/${id}`, { token: both.app.owner.token, body })
  }

  async function filled(changes: Changes = {}): Promise<string> {
    const id = await add(changes)
    expect((await upsert(both, id)).body.error).toBeUndefined()
    return id
  }

  const ask = async (id: string, question = norway, more: object = {}) =>
    both.app.rest<{ sourceDocuments: Sourced[]; message: string }>('POST', `/prediction/${id}`, {
      token: both.app.owner.token,
      body: { question, ...more },
    })

  const found = async (id: string, question?: string, more = {}): Promise<readonly string[]> =>
    (await ask(id, question, more)).body.sourceDocuments.map(({ pageContent }) => pageContent)

  const contents = (): readonly string[] =>
    [...service.kept().values()].map(({ content }) => content).sort()

  const counts = ({ body }: { readonly body: UpsertAnswer }) => [
    body.numAdded,
    body.numUpdated,
    body.numSkipped,
    body.numDeleted,
  ]

  it('keeps its chunks there, and answers from them', async () => {
    const metadata = { shop: { town: 'Bergen', tags: ['a', 'b'], open: true, rooms: [1, 2.5] } }
    const id = await add({ metadata })
    const done = await upsert(both, id)
    expect(done.body).toMatchObject({ numAdded: 3, store: service.label })
    expect(contents()).toEqual(notes.split('\n\n').sort())
    expect(service.calls.some(({ headers }) => Object.values(headers).includes(serviceKey))).toBe(
      true,
    )
    const { body } = await ask(id)
    expect(body.sourceDocuments).toEqual([
      {
        pageContent: norway,
        metadata: { source: 'notes.txt', ...metadata, loc: { lines: { from: 3, to: 3 } } },
      },
    ])
    const { database } = both.app.app.deps
    const em = database.workspaceEm({ workspaceId: both.app.owner.workspaceId })
    const rows = await database.rows(em, 'select 1 from vector_space where chatflowid = ?', [id])
    expect(rows).toEqual([])
  })

  it('embeds and adds nothing again', async () => {
    const id = await filled()
    embedder.state.texts = 0
    expect(counts(await upsert(both, id))).toEqual([0, 0, 3, 0])
    expect(embedder.state.texts).toBe(0)
    expect(service.kept().size).toBe(3)
  })

  it('takes over other metadata without embedding, and drops what is gone', async () => {
    const id = await filled({ metadata: { shop: { town: 'Oslo' }, old: true } })
    embedder.state.texts = 0
    await redraw(id, { metadata: { shop: { town: 'Bergen' } } })
    expect(counts(await upsert(both, id))).toEqual([0, 3, 0, 0])
    expect(embedder.state.texts).toBe(0)
    const [source] = (await ask(id)).body.sourceDocuments
    expect(source?.pageContent).toBe(norway)
    expect(source?.metadata).toMatchObject({ shop: { town: 'Bergen' } })
    expect(source?.metadata).not.toHaveProperty('old')
    expect(counts(await upsert(both, id))).toEqual([0, 0, 3, 0])
  })

  it('replaces what a changed file no longer says', async () => {
    const id = await filled()
    await redraw(id, { text: [socks, 'Shipping to Norway takes two days by air.'].join('\n\n') })
    expect(counts(await upsert(both, id))).toEqual([0, 1, 1, 1])
    expect(contents()).toEqual(['Shipping to Norway takes two days by air.', socks])
  })

  it.each([
    ['none', [...notes.split('\n\n'), 'Gloves are warm.', 'Hats are for sale.']],
    ['incremental', [...notes.split('\n\n'), 'Hats are for sale.']],
    ['full', ['Hats are for sale.']],
  ])('cleans up as a record manager says, and nothing of other flows: %s', async (way, left) => {
    const manager = { id: 'rm_0', name: 'SQLiteRecordManager', category: 'Record Manager' }
    const more = [{ ...manager, inputs: { cleanup: way } }]
    const managed = { more, store: { inputs: { recordManager: '{{rm_0.data.instance}}' } } }
    await filled({ text: 'Scarves of another flow.', name: 'b.txt' })
    const id = await filled({ ...managed, name: 'a.txt' })
    for (const text of ['Gloves are warm.', 'Hats are for sale.']) {
      await redraw(id, { ...managed, text, name: 'b.txt' })
      await upsert(both, id)
    }
    expect(contents()).toEqual([...left, 'Scarves of another flow.'].sort())
  })

  it('takes many chunks in batches, at most two calls at a time, and finds them all to clean up', async () => {
    const id = await filled({ text: lines(300) })
    expect(service.kept().size).toBe(300)
    expect(service.calls.filter(drawing.writes).length).toBeGreaterThanOrEqual(3)
    expect(service.state.mostInFlight).toBeLessThanOrEqual(2)
    await redraw(id, { text: lines(3) })
    expect(counts(await upsert(both, id))).toEqual([0, 0, 3, 297])
    expect(service.kept().size).toBe(3)
  })

  it('leaves nothing behind when the embeddings fail half-way, and keeps what was there', async () => {
    const id = await filled()
    await redraw(id, { text: lines(300) })
    embedder.state.most = embedder.state.texts + 250
    expect((await upsert(both, id)).status).toBe(502)
    expect(service.calls.filter(drawing.writes).length).toBeGreaterThan(1)
    expect(contents()).toEqual(notes.split('\n\n').sort())
  })

  it('leaves nothing behind when the service refuses half-way', async () => {
    const id = await add({ text: lines(250) })
    service.state.instead = (call) =>
      drawing.writes(call) && service.kept().size > 0
        ? { status: 400, body: { message: 'The disk is full.' } }
        : undefined
    const { status, body } = await upsert(both, id)
    expect([status, body.message]).toEqual([
      502,
      `The service of "${drawing.name}" (store_0) answered 400: The disk is full.`,
    ])
    expect(service.kept().size).toBe(0)
  })

  it('keeps the new chunks when older ones cannot be removed', async () => {
    const id = await filled()
    await redraw(id, { text: 'Hats are for sale.' })
    let refusals = 1
    service.state.instead = (call) => {
      if (!drawing.removes(call) || refusals === 0) return undefined
      refusals -= 1
      return { status: 400, body: { message: 'No.' } }
    }
    expect((await upsert(both, id)).status).toBe(502)
    expect(contents()).toContain('Hats are for sale.')
    expect(counts(await upsert(both, id))).toEqual([0, 0, 1, 3])
    expect(contents()).toEqual(['Hats are for sale.'])
  })

  it('adds each chunk once when two upserts meet', async () => {
    const id = await add()
    const answers = await Promise.all([1, 2].map(() => upsert(both, id)))
    const sums = answers.map((answer) => counts(answer).join()).sort()
    expect(sums).toEqual(['0,0,3,0', '3,0,0,0'])
  })

  it.each(['plain', 'native'])('finds only what a %s filter asks for', async (words) => {
    const metadata = { shop: { town: 'Bergen', rooms: 2 } }
    const filter = (town: string) =>
      words === 'plain' ? { shop: { town, rooms: 2 } } : drawing.native(town)
    const drawn = (town: string) => ({
      metadata,
      store: { inputs: { [drawing.filter]: JSON.stringify(filter(town)) } },
    })
    const id = await filled(drawn('Bergen'))
    expect(await found(id)).toEqual([norway])
    await redraw(id, drawn('Oslo'))
    expect(await found(id)).toEqual([])
  })

  it('has what people upload to their chats beside it, for each chat its own', async () => {
    const inputs = { fileUpload: true, topK: '2', [drawing.filter]: '{"source":"notes.txt"}' }
    const id = await filled({ text: socks, store: { inputs } })
    const files = [{ name: 'mine.txt', mime: 'text/plain', data: dataUri(norway, 'mine.txt') }]
    const sent = await upsert(both, id, { chatId: 'mine', files })
    expect(sent.body).toMatchObject({ numAdded: 1, store: 'this server' })
    expect(contents()).toEqual([socks])
    expect(await found(id, norway, { chatId: 'mine' })).toEqual([norway, socks])
    expect(await found(id, norway, { chatId: 'another' })).toEqual([socks])
  })

  it('picks what differs when asked to', async () => {
    const twin = 'Shipping to Norway takes four working days by boats.'
    const text = [norway, twin, socks].join('\n\n')
    const drawn = (inputs: object) => ({ text, store: { inputs: { topK: '2', ...inputs } } })
    const id = await filled(drawn({}))
    expect(await found(id)).toEqual([norway, twin])
    await redraw(id, drawn({ searchType: 'mmr', lambda: '0.1' }))
    expect(await found(id)).toEqual([norway, socks])
    await redraw(id, drawn({ searchType: 'mmr', lambda: '0.99' }))
    expect(await found(id)).toEqual([norway, twin])
  })

  it('calls it nearness 1 when vectors are the same', async () => {
    const id = await filled({ store: { inputs: { scoreThreshold: '0.999' } } })
    expect(await found(id, norway)).toEqual([norway])
    expect(await found(id, 'Anything else?')).toEqual([])
  })

  it('refuses vectors of other dimensions, naming both', async () => {
    const id = await filled()
    await redraw(id, { text: 'Hats are for sale.', baseUrl: both.baseUrl })
    const refused = await upsert(both, id)
    expect(refused.status).toBe(422)
    const words =
      /^The (index|collection) "docs" of "\w+" \(store_0\) holds vectors of 32 dimensions, and text-embedding-ada-002 gives 1536: /
    expect(refused.body.message).toMatch(words)
    const answer = await ask(id)
    expect([answer.status, answer.body.message]).toEqual([422, expect.stringMatching(words)])
    expect(service.kept().size).toBe(3)
  })

  it('says in its words why a key is refused, without the key', async () => {
    const wrong = 'wrong-key-0123456789abcdef'
    const id = await add({ store: { credential: await store(wrong) } })
    for (const { status, body } of [await upsert(both, id), await ask(id)]) {
      expect([status, body.message]).toEqual([
        502,
        `The service of "${drawing.name}" (store_0) answered 401: There is no key [redacted].`,
      ])
    }
  })

  it('gives nobody its key who sets another address', async () => {
    const apiConfig = JSON.stringify({
      overrideConfig: {
        status: true,
        nodes: { [drawing.name]: [{ name: drawing.address, enabled: true }] },
      },
    })
    const id = await add({}, { apiConfig })
    await upsert(both, id)
    const stranger = await drawing.start()
    const seen = service.calls.length
    const { status } = await ask(id, norway, {
      overrideConfig: { [drawing.address]: stranger.url },
    })
    stranger.stop()
    expect(status).toBe(drawing === pinecone ? 200 : 422)
    expect(stranger.calls.length).toBeGreaterThan(0)
    expect(JSON.stringify(stranger.calls)).not.toContain(serviceKey)
    expect(service.calls.length).toBe(seen)
  })
})

it.each([
  [pinecone, { pineconeIndex: 'none' }, 'index'],
  [qdrant, { qdrantCollection: 'none' }, 'collection'],
  [chroma, { collectionName: 'none' }, 'collection'],
])('what $name does not have is named', async (drawing, inputs, kind) => {
  const service = await drawing.start()
  const store = { name: drawing.name, inputs: { ...drawing.inputs(service.url), ...inputs } }
  const flowData = qaFlow(both.baseUrl, { store, embeddings: { basepath: embedder.baseUrl } })
  const { id } = await both.app.addFlow({ flowData })
  const body = { question: 'Anything?' }
  const { token } = both.app.owner
  const answer = await both.app.rest<{ message: string }>('POST', `/prediction/${id}`, {
    token,
    body,
  })
  service.stop()
  expect([answer.status, answer.body.message]).toEqual([
    422,
    `The service of "${drawing.name}" (store_0) has no ${kind} "none".`,
  ])
})
