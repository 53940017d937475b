import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../harness.ts'
import { dataUri, qaFlow, startEmbedder, upsert, type Sourced } from './harness.ts'

let app: TestApp
let embedder: Awaited<ReturnType<typeof startEmbedder>>
let mock: LLMock

beforeAll(async () => {
  embedder = await startEmbedder()
  mock = new LLMock({ port: 0 })
  await mock.start()
  mock.onMessage(/./, { content: 'Said.' })
  app = await startApp({ env: { EGRESS_ALLOW: `${embedder.host},${new URL(mock.url).host}` } })
})
afterAll(async () => {
  await app.close()
  embedder.stop()
  await mock.stop()
})
beforeEach(() => {
  Object.assign(embedder.state, { gate: Promise.resolve(), isHeld: () => true })
})

const norway = 'Shipping to Norway takes four working days by boat.'
const twin = 'Shipping to Norway takes four working days by boats.'
const socks = 'Socks are returned within thirty days of the purchase.'

type Settings = Readonly<Record<string, string>>

/** A flow whose files callers send, and whose store has these settings. */
function drawn(settings: Settings) {
  return qaFlow(`${mock.url}/v1`, {
    embeddings: { basepath: embedder.baseUrl },
    loader: { name: 'fileLoader', inputs: {} },
    splitter: { chunkSize: 400 },
    store: { name: 'pinecone', inputs: settings },
  })
}

async function addFlow(settings: Settings = {}): Promise<string> {
  return (await app.addFlow({ flowData: drawn(settings) })).id
}

async function redraw(id: string, settings: Settings): Promise<void> {
  const body = { flowData: drawn(settings) }
  await app.rest('PUT', `/chatflows/${id}`, { token: app.owner.token, body })
}

async function send(id: string, name: string, paragraphs: readonly string[]) {
  const file = { name, mime: 'text/plain', data: dataUri(paragraphs.join('\n\n'), name) }
  const answer = await upsert({ app }, id, { files: [file] })
  expect(answer.status).toBe(200)
}

async function found(id: string, question = norway): Promise<readonly string[]> {
  const { token } = app.owner
  const call = { token, body: { question } }
  const { body } = await app.rest<{ sourceDocuments: Sourced[] }>('POST', `/prediction/${id}`, call)
  return body.sourceDocuments.map(({ pageContent }) => pageContent)
}

async function countPending(): Promise<number> {
  const { database } = app.app.deps
  const [row] = await database.rows<{ count: number }>(
    database.workspaceEm({ workspaceId: app.owner.workspaceId }),
    'select count(*)::int as count from vector_chunk where batch_id in (select id from vector_batch)',
  )
  return row?.count ?? 0
}

/** Paragraphs too long to be put together, each alike to its neighbours, and to no other as much. */
const many = Array.from({ length: 450 }, (_, at) => {
  const first = Math.floor(at / 1.5)
  return `${'a'.repeat(first)}${'b'.repeat(300 - first)}${'c'.repeat(at % 3)}`
})

describe('a search', () => {
  it('sees what the upsert before it brought, and no more what that replaced', async () => {
    const id = await addFlow({ topK: '1' })
    await send(id, 'a.txt', [norway])
    expect(await found(id)).toEqual([norway])
    await send(id, 'b.txt', [socks])
    expect(await found(id, socks)).toEqual([socks])
    await send(id, 'a.txt', [twin])
    expect(await found(id)).toEqual([twin])
  })

  it('finds nothing of an upsert under way, be there others already or not', async () => {
    const [filled, empty] = [await addFlow({ topK: '1' }), await addFlow({ topK: '1' })]
    await send(filled, 'a.txt', [norway])
    expect(await found(filled)).toEqual([norway])
    const gate = Promise.withResolvers<void>()
    const last = many.at(-1)
    Object.assign(embedder.state, { gate: gate.promise, isHeld: (text: string) => text === last })
    const sent = [filled, empty].map((id) => send(id, 'b.txt', many))
    await expect.poll(countPending, { timeout: 15_000 }).toBe(800)
    expect(await found(filled, many[7])).toEqual([norway])
    expect(await found(empty, many[7])).toEqual([])
    gate.resolve()
    await Promise.all(sent)
    expect(await found(filled, many[7])).toEqual([many[7]])
    expect(await found(empty, many[7])).toEqual([many[7]])
  }, 60_000)

  it('finds each of many', async () => {
    const id = await addFlow({ topK: '1' })
    await send(id, 'a.txt', many)
    for (const at of [0, 42, 199, 200, 201, 399, 400, 449]) {
      expect(await found(id, many[at])).toEqual([many[at]])
    }
  }, 60_000)

  it('gives so many as are wanted, the nearest first', async () => {
    const id = await addFlow({ topK: '2' })
    await send(id, 'a.txt', [twin])
    await send(id, 'b.txt', [socks])
    await send(id, 'c.txt', [norway])
    expect(await found(id)).toEqual([norway, twin])
    await redraw(id, { topK: '5' })
    expect(await found(id)).toEqual([norway, twin, socks])
  })

  it('leaves out what lacks the metadata asked for, however near it is', async () => {
    const id = await addFlow()
    await send(id, 'a.txt', [norway])
    await send(id, 'b.txt', [twin])
    await send(id, 'c.txt', [socks])
    await redraw(id, { pineconeMetadataFilter: '{"source":"c.txt"}', topK: '1' })
    expect(await found(id)).toEqual([socks])
    await redraw(id, { pineconeMetadataFilter: '{"source":"d.txt"}', topK: '1' })
    expect(await found(id)).toEqual([])
  })

  it('prefers what differs when that is asked for', async () => {
    const id = await addFlow()
    for (const [at, text] of [norway, twin, socks].entries()) await send(id, `${at}.txt`, [text])
    await redraw(id, { topK: '2', searchType: 'mmr', lambda: '0.1' })
    expect(await found(id)).toEqual([norway, socks])
    await redraw(id, { topK: '2', searchType: 'mmr', lambda: '0.99' })
    expect(await found(id)).toEqual([norway, twin])
  })

  it('calls it nearness 1 when vectors are the same, and gives nothing below what is asked', async () => {
    const id = await addFlow({ topK: '3', scoreThreshold: '0.9999' })
    await send(id, 'a.txt', [norway])
    await send(id, 'b.txt', [socks])
    expect(await found(id)).toEqual([norway])
    expect(await found(id, 'Anything else?')).toEqual([])
    await redraw(id, { topK: '3', scoreThreshold: '0.1' })
    expect(await found(id)).toEqual([norway, socks])
  })
})
