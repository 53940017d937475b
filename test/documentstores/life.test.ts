import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sourced } from '../vectors/harness.ts'
import {
  handbook,
  startStores,
  textLoader,
  type Chunks,
  type Found,
  type Loader,
  type Stores,
  type Upserted,
} from './harness.ts'

let stores: Stores

beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.close())

const paragraphs = handbook.split('\n\n')

/** A store with one loader, whose chunks are made. */
async function processed(text?: string) {
  const { call, makeStore } = stores
  const store = await makeStore()
  const loader = await call<Loader>('POST', '/loader/save', {
    storeId: store.id,
    ...textLoader(text),
  })
  const done = await call<Loader>('POST', `/loader/process/${loader.body.id}`)
  expect(done.status).toBe(200)
  return { id: store.id, docId: loader.body.id }
}

const chunksOf = async (id: string, docId: string) =>
  (await stores.call<Chunks>('GET', `/chunks/${id}/${docId}/1`)).body

const textsOf = async (id: string, docId = 'all') =>
  (await chunksOf(id, docId)).chunks.map(({ pageContent }) => pageContent)

const query = async (storeId: string, text: string, topK = 1) =>
  stores.call<Found>('POST', '/vectorstore/query', { storeId, query: text, topK })

describe('a document store', () => {
  it('is made, filled, searched, changed and removed', async () => {
    const { call, makeStore, read, embedding } = stores
    const store = await makeStore('Shop')
    expect(store).toMatchObject({ name: 'Shop', status: 'EMPTY', loaders: [], totalChunks: 0 })

    const saved = await call<Loader>('POST', '/loader/save', {
      storeId: store.id,
      ...textLoader(),
    })
    expect(saved.body).toMatchObject({ loaderId: 'plainText', status: 'NEW', totalChunks: 0 })
    expect((await read(store.id)).status).toBe('STALE')

    const loaded = await call<Loader>('POST', `/loader/process/${saved.body.id}`)
    const totalChars = paragraphs.join('').length
    expect(loaded.body).toMatchObject({ status: 'SYNC', totalChunks: 3, totalChars })
    expect((await read(store.id)).status).toBe('SYNC')
    const { chunks, count } = await chunksOf(store.id, saved.body.id)
    expect(count).toBe(3)
    expect(chunks.map(({ chunkNo, pageContent }) => [chunkNo, pageContent])).toEqual(
      paragraphs.map((text, at) => [at, text]),
    )
    expect(chunks[1]?.metadata).toEqual({ loc: { lines: { from: 3, to: 3 } } })

    const where = { storeId: store.id, ...embedding }
    expect((await call('POST', '/vectorstore/save', where)).status).toBe(200)
    const filled = await call<Upserted>('POST', '/vectorstore/insert', { storeId: store.id })
    expect(filled.body).toMatchObject({ numAdded: 3, numSkipped: 0, store: 'this server' })
    expect((await read(store.id)).status).toBe('UPSERTED')
    const again = await call<Upserted>('POST', '/vectorstore/insert', { storeId: store.id })
    expect(again.body).toMatchObject({ numAdded: 0, numSkipped: 3 })

    const { body: found } = await query(store.id, paragraphs[1] ?? '')
    expect(found.docs.map(({ pageContent }) => pageContent)).toEqual([paragraphs[1]])
    expect(found.docs[0]?.score).toBeCloseTo(1)
    expect(found.docs[0]?.metadata).toMatchObject({ docId: saved.body.id })
    expect(found.timeTaken).toBeGreaterThanOrEqual(0)

    const renamed = await call('PUT', `/store/${store.id}`, { description: 'Of the shop' })
    expect(renamed.body).toMatchObject({
      name: 'Shop',
      description: 'Of the shop',
      status: 'UPSERTED',
    })
    expect((await call('DELETE', `/store/${store.id}`)).body).toMatchObject({ deleted: true })
    expect((await call('GET', `/store/${store.id}`)).status).toBe(404)
  })

  it('is listed by its newest change, and by pages', async () => {
    const { call, makeStore } = stores
    const names = ['one', 'two', 'three']
    for (const name of names) await makeStore(name)
    const all = await call<readonly { id: string; name: string }[]>('GET', '/store')
    expect(all.body.slice(0, 3).map(({ name }) => name)).toEqual(names.toReversed())
    const page = await call<{ data: readonly { name: string }[]; total: number }>(
      'GET',
      '/store?page=2&limit=1',
    )
    expect(page.body.data.map(({ name }) => name)).toEqual(['two'])
    expect(page.body.total).toBe(all.body.length)
    await call('POST', '/loader/save', { storeId: all.body[1]?.id, ...textLoader() })
    const [first] = (await call<readonly { name: string }[]>('GET', '/store')).body
    expect(first?.name).toBe('two')
  })
})

describe('the chunks of a loader', () => {
  it('are shown before anything is stored', async () => {
    const { call, makeStore, read } = stores
    const store = await makeStore()
    const preview = { storeId: store.id, ...textLoader(), previewChunkCount: 2 }
    const shown = await call<{ chunks: Sourced[]; totalChunks: number }>(
      'POST',
      '/loader/preview',
      preview,
    )
    expect(shown.body.chunks.map(({ pageContent }) => pageContent)).toEqual(paragraphs.slice(0, 2))
    expect(shown.body.totalChunks).toBe(3)
    expect(await read(store.id)).toMatchObject({ status: 'EMPTY', loaders: [] })
  })

  it('can be changed and removed one by one, also where they are found', async () => {
    const { call, read, embedding } = stores
    const { id, docId } = await processed()
    await call('POST', '/vectorstore/insert', { storeId: id, ...embedding })
    const [first, second] = (await chunksOf(id, docId)).chunks
    const changed = { pageContent: 'Hats are never returned.', metadata: { page: 7 } }
    const put = await call('PUT', `/chunks/${id}/${docId}/${first?.id}`, changed)
    expect(put.body).toMatchObject(changed)
    expect((await read(id)).status).toBe('SYNC')

    const nearest = await query(id, paragraphs[1] ?? '')
    expect(nearest.body.docs.map(({ pageContent }) => pageContent)).toEqual([paragraphs[1]])
    await call('DELETE', `/chunks/${id}/${docId}/${second?.id}`)
    expect(await textsOf(id)).toEqual([changed.pageContent, paragraphs[2]])
    const [loader] = (await read(id)).loaders
    const totalChars = (changed.pageContent + paragraphs[2]).length
    expect(loader).toMatchObject({ totalChunks: 2, totalChars })
    const left = await query(id, paragraphs[1] ?? '')
    expect(left.body.docs.map(({ pageContent }) => pageContent)).toEqual([paragraphs[0]])

    const refilled = await call<Upserted>('POST', '/vectorstore/insert', { storeId: id })
    expect(refilled.body).toMatchObject({ numUpdated: 1, numSkipped: 1, numDeleted: 0 })
    const found = await query(id, changed.pageContent)
    expect(found.body.docs[0]).toMatchObject({
      pageContent: changed.pageContent,
      metadata: { page: 7, docId },
    })
  })

  it('are made anew by new settings, and stay what they were until then', async () => {
    const { call } = stores
    const { id, docId } = await processed()
    const saved = await call<Loader>('POST', '/loader/save', {
      storeId: id,
      id: docId,
      splitterId: '',
    })
    expect(saved.body).toMatchObject({ id: docId, status: 'STALE', splitterId: null })
    expect(await textsOf(id)).toEqual(paragraphs)
    await call('POST', `/loader/process/${docId}`)
    expect(await textsOf(id)).toEqual([handbook])
  })

  it('come in pages of fifty', async () => {
    const lines = Array.from({ length: 120 }, (_, at) => `This is line number ${at}.`)
    const { id, docId } = await processed(lines.map((line) => line.padEnd(50, '!')).join('\n\n'))
    const page = await stores.call<Chunks>('GET', `/chunks/${id}/${docId}/3`)
    expect(page.body.count).toBe(120)
    expect(page.body.chunks.map(({ chunkNo }) => chunkNo)).toEqual(
      Array.from({ length: 20 }, (_, at) => 100 + at),
    )
  })
})

describe('a loader that is removed', () => {
  it('takes its chunks along, also where they are found', async () => {
    const { call, read, embedding } = stores
    const { id, docId } = await processed()
    const other = await call<Loader>('POST', '/loader/save', {
      storeId: id,
      ...textLoader('Cats like boxes.'),
    })
    await call('POST', `/loader/process/${other.body.id}`)
    await call('POST', '/vectorstore/insert', { storeId: id, ...embedding })
    expect((await query(id, 'anything', 10)).body.docs).toHaveLength(4)
    await call('DELETE', `/loader/${id}/${docId}`)
    const found = await query(id, 'anything', 10)
    expect(found.body.docs.map(({ pageContent }) => pageContent)).toEqual(['Cats like boxes.'])
    expect(await read(id)).toMatchObject({ status: 'UPSERTED', totalChunks: 1 })
  })
})

describe('the vectors of a store', () => {
  it('can be those of one loader, and be taken out', async () => {
    const { call, read, embedding } = stores
    const { id, docId } = await processed()
    const other = await call<Loader>('POST', '/loader/save', {
      storeId: id,
      ...textLoader('Cats like boxes.'),
    })
    await call('POST', `/loader/process/${other.body.id}`)
    const one = { storeId: id, docId: other.body.id, ...embedding }
    const filled = await call<Upserted>('POST', '/vectorstore/insert', one)
    expect(filled.body).toMatchObject({ numAdded: 1, docId: other.body.id })
    expect((await read(id)).status).toBe('SYNC')
    await call('POST', '/vectorstore/insert', { storeId: id })
    expect((await read(id)).status).toBe('UPSERTED')

    const gone = await call('DELETE', `/vectorstore/${id}?docId=${docId}`)
    expect(gone.body).toEqual({ numDeleted: 3 })
    expect((await query(id, 'anything', 10)).body.docs).toHaveLength(1)
    expect((await call('DELETE', `/vectorstore/${id}`)).body).toEqual({ numDeleted: 1 })
    expect((await query(id, 'anything', 10)).body.docs).toEqual([])
    expect(await read(id)).toMatchObject({ status: 'SYNC', totalChunks: 4 })
  })

  it('follow another model once they were taken out', async () => {
    const { call, embedding } = stores
    const { id } = await processed()
    await call('POST', '/vectorstore/insert', { storeId: id, ...embedding })
    const { embeddingConfig } = embedding
    const modelName = 'text-embedding-3-small'
    const other = { storeId: id, embeddingConfig: { ...embeddingConfig, modelName } }
    const refused = await call('POST', '/vectorstore/insert', other)
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain('filled by the embedding model text-embedding-ada-002')
    await call('DELETE', `/vectorstore/${id}`)
    const done = await call<Upserted>('POST', '/vectorstore/insert', other)
    expect(done.body.numAdded).toBe(3)
  })

  it('need embeddings', async () => {
    const { id } = await processed()
    const refused = await stores.call('POST', '/vectorstore/insert', { storeId: id })
    expect(refused.status).toBe(422)
    expect(refused.body.message).toBe('The document store "Handbook" has no embeddings.')
    expect((await query(id, 'x')).status).toBe(422)
  })
})
