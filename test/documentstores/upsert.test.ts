import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { pdf } from '../vectors/files.ts'
import { dataUri } from '../vectors/harness.ts'
import {
  embedderKey,
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
const splitter = {
  name: 'recursiveCharacterTextSplitter',
  config: { chunkSize: 60, chunkOverlap: 0 },
}
const embedding = () => ({
  name: 'openAIEmbeddings',
  config: { basepath: stores.embedder.baseUrl, openAIApiKey: embedderKey, batchSize: 1 },
})
const settings = () => ({ splitter, embedding: embedding() })

const chunksOf = async (id: string, docId = 'all') =>
  (await stores.call<Chunks>('GET', `/chunks/${id}/${docId}/1`)).body.chunks

const found = async (storeId: string, query: string) => {
  const body = { storeId, query, topK: 50 }
  const answer = await stores.call<Found>('POST', '/vectorstore/query', body)
  return answer.body.docs.map(({ pageContent }) => pageContent)
}

/** All that is to be known of a store, but for what a failed upsert may change. */
async function stateOf(id: string) {
  const { embeddingConfig, loaders, status } = await stores.read(id)
  const kept = loaders.map(({ updatedDate: _changed, ...loader }) => loader)
  const chunks = await chunksOf(id)
  return { embeddingConfig, kept, status, chunks, found: (await found(id, 'x')).sort() }
}

async function rowsIn(table: string, storeId: string): Promise<number> {
  const { app } = stores
  const { database } = app.app.deps
  const [row] = await database.rows<{ count: number }>(
    database.workspaceEm({ workspaceId: app.owner.workspaceId }),
    `select count(*)::int as count from ${table} where store_id = ?`,
    [storeId],
  )
  return row?.count ?? 0
}

describe('an upsert in one call', () => {
  it('makes a loader of uploaded files, and finds what is in them', async () => {
    const { id } = await stores.makeStore()
    const files = [
      ['notes.txt', handbook],
      ['ship.pdf', pdf(['Express takes one day.', 'Parcels go by train.'])],
    ] as const
    const fields = { ...settings(), metadata: { shop: 'Bergen' } }
    const { status, body } = await stores.upload(id, files, fields)
    expect(status).toBe(200)
    expect(body).toMatchObject({ numAdded: 5, numSkipped: 0, store: 'this server' })
    const store = await stores.read(id)
    expect(store).toMatchObject({ status: 'UPSERTED', totalChunks: 5 })
    const [loader] = store.loaders
    expect(loader).toMatchObject({ id: body.docId, loaderId: 'fileLoader', status: 'SYNC' })
    expect(loader?.files.map(({ name, size }) => [name, size])).toEqual(
      files.map(([name, content]) => [name, content.length]),
    )
    expect(await found(id, paragraphs[1] ?? '')).toContain(paragraphs[1])
    const chunks = await chunksOf(id)
    expect(chunks[3]).toMatchObject({
      pageContent: 'Express takes one day.',
      metadata: { source: 'ship.pdf', shop: 'Bergen', loc: { pageNumber: 1 } },
    })
  })

  it('adds nothing twice, and replaces what has changed', async () => {
    const { id } = await stores.makeStore()
    const { body: first } = await stores.upload(id, [['notes.txt', handbook]], settings())
    const again = { docId: first.docId, replaceExisting: 'true' }
    const same = await stores.upload(id, [['notes.txt', handbook]], again)
    expect(same.body).toMatchObject({ docId: first.docId, numAdded: 0, numSkipped: 3 })
    const changed = handbook.replace('nine', 'ten')
    const other = await stores.upload(id, [['notes.txt', changed]], again)
    expect(other.body).toMatchObject({ numUpdated: 1, numSkipped: 2, numDeleted: 0 })
    expect((await stores.read(id)).loaders).toHaveLength(1)
    expect((await found(id, 'x')).sort()).toEqual(changed.split('\n\n').sort())
  })

  it('with another loader as a model makes one beside it', async () => {
    const { id } = await stores.makeStore()
    const { body: first } = await stores.upload(id, [['notes.txt', handbook]], settings())
    const cats = await stores.upload(id, [['cats.txt', 'Cats like boxes.']], {
      docId: first.docId,
    })
    expect(cats.body.numAdded).toBe(1)
    expect(cats.body.docId).not.toBe(first.docId)
    const { loaders, status } = await stores.read(id)
    expect(loaders.map(({ files }) => files[0]?.name)).toEqual(['notes.txt', 'cats.txt'])
    expect(loaders[1]).toMatchObject({ splitterId: splitter.name, splitterConfig: splitter.config })
    expect(status).toBe('UPSERTED')
    expect(await found(id, 'x')).toHaveLength(4)
  })

  it('takes a loader that is no file', async () => {
    const { id } = await stores.makeStore()
    const loader = { name: 'plainText', config: { text: 'Cats like boxes.' } }
    const done = await stores.call<Upserted>('POST', `/upsert/${id}`, {
      ...settings(),
      loader,
    })
    expect(done.body.numAdded).toBe(1)
    const misplaced = await stores.upload(id, [['a.txt', 'x']], { loader })
    expect(misplaced).toMatchObject({
      status: 400,
      body: { message: 'The document loader plainText takes no files.' },
    })
  })
})

describe('an upsert that tells how far it is', () => {
  const eventsIn = (text: string) =>
    [...text.matchAll(/^data:(.+)$/gm)].map(
      ([, json = '']) => JSON.parse(json) as { event: string; data: Upserted },
    )

  it('tells its progress, and its result', async () => {
    const { app, makeStore } = stores
    const { id } = await makeStore()
    const loader = { name: 'plainText', config: { text: handbook } }
    const body = { ...settings(), loader, streaming: true }
    const { token } = app.owner
    const answer = await app.rest('POST', `/document-store/upsert/${id}`, { token, body })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const events = eventsIn(answer.text)
    expect(events.map(({ event }) => event)).toEqual(['upsertProgress', 'result', 'end'])
    expect(events[0]?.data).toEqual({ loaded: 3, added: 3, skipped: 0 })
    expect(events[1]?.data).toMatchObject({ numAdded: 3, docId: expect.any(String) })

    const again = { storeId: id, streaming: true }
    const path = '/document-store/vectorstore/insert'
    const filled = await app.rest('POST', path, { token, body: again })
    expect(eventsIn(filled.text)[1]?.data).toMatchObject({ numSkipped: 3, docId: null })
    const missing = await app.rest('POST', `/document-store/upsert/${newId()}`, { token, body })
    expect(missing.status).toBe(404)
  })
})

describe('what fails on the way', () => {
  it('leaves a store as it was: new loader', async () => {
    const { embedder } = stores
    const { id } = await stores.makeStore()
    await stores.upload(id, [['notes.txt', handbook]], settings())
    const before = await stateOf(id)
    embedder.state.most = embedder.state.texts + 2
    const long = Array.from({ length: 40 }, (_, at) => `Line ${at} of many.`.padEnd(50, '.'))
    const refused = await stores.upload(id, [['more.txt', long.join('\n\n')]], settings())
    embedder.state.most = Number.POSITIVE_INFINITY
    expect(refused.status).toBe(502)
    expect(refused.body.message).not.toContain(embedderKey)
    expect(await stateOf(id)).toEqual(before)
    expect(await rowsIn('document_chunk', id)).toBe(3)
    expect(await rowsIn('document_file', id)).toBe(1)
  })

  it('leaves a store as it was: loader that is there', async () => {
    const { embedder } = stores
    const { id } = await stores.makeStore()
    const { body } = await stores.upload(id, [['notes.txt', handbook]], settings())
    const before = await stateOf(id)
    embedder.state.most = embedder.state.texts
    const again = {
      docId: body.docId,
      replaceExisting: 'true',
      splitter: { name: 'characterTextSplitter' },
      embedding: { ...embedding(), config: { ...embedding().config, batchSize: 7 } },
    }
    const refused = await stores.upload(id, [['other.txt', 'Wholly\n\ndifferent']], again)
    embedder.state.most = Number.POSITIVE_INFINITY
    expect(refused.status).toBe(502)
    expect(await stateOf(id)).toEqual(before)
    expect(await rowsIn('document_chunk', id)).toBe(3)
    expect(await rowsIn('document_file', id)).toBe(1)
  })

  it('leaves the chunks of a loader as they were', async () => {
    const { call } = stores
    const { id } = await stores.makeStore()
    const { body } = await stores.upload(id, [['notes.txt', handbook]], settings())
    const broken = dataUri('%PDF-1.7 nothing of the sort', 'x.pdf', 'application/pdf')
    const saved = await call<Loader>('POST', '/loader/save', {
      storeId: id,
      id: body.docId,
      loaderConfig: { fileObject: broken },
    })
    expect(saved.body).toMatchObject({ status: 'STALE', files: [{ name: 'x.pdf' }] })
    const refused = await call('POST', `/loader/process/${body.docId}`)
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain('x.pdf')
    expect((await chunksOf(id)).map(({ pageContent }) => pageContent)).toEqual(paragraphs)
    expect((await stores.read(id)).loaders[0]?.status).toBe('STALE')
  })

  it('leaves nothing of a loader whose file is none', async () => {
    const { id } = await stores.makeStore()
    const body = { storeId: id, loaderId: 'textFile', files: [{ name: 'a', mime: '', data: '%' }] }
    const refused = await stores.call('POST', '/loader/save', body)
    expect(refused.status).toBe(400)
    expect((await stores.read(id)).status).toBe('EMPTY')
  })
})

describe('the files of a loader', () => {
  it('come as data URIs too, are not shown, and are there to be processed again', async () => {
    const { call } = stores
    const { id } = await stores.makeStore()
    const saved = await call<Loader>('POST', '/loader/save', {
      storeId: id,
      ...textLoader(),
      loaderId: 'textFile',
      loaderConfig: { txtFile: dataUri(handbook) },
    })
    expect(saved.text).not.toContain(Buffer.from(handbook).toString('base64').slice(0, 40))
    expect(saved.body.files).toMatchObject([{ name: 'notes.txt', size: handbook.length }])
    expect(saved.body.loaderConfig).toEqual({ txtFile: 'FILE-STORAGE::["notes.txt"]' })
    for (let time = 0; time < 2; time += 1) {
      const done = await call<Loader>('POST', `/loader/process/${saved.body.id}`)
      expect(done.body).toMatchObject({ status: 'SYNC', totalChunks: 3 })
    }
    const shown = await call<{ totalChunks: number }>('POST', '/loader/preview', {
      storeId: id,
      id: saved.body.id,
      splitterId: '',
    })
    expect(shown.body.totalChunks).toBe(1)
  })

  it('may be larger than a piece of them', async () => {
    const { id } = await stores.makeStore()
    const line = `${'A line of a book that is long. '.repeat(30)}\n`
    const book = line.repeat(3500)
    expect(book.length).toBeGreaterThan(3 * 1024 ** 2)
    const loader = { name: 'textFile' }
    const cut = { name: 'characterTextSplitter', config: { chunkSize: 400_000, chunkOverlap: 0 } }
    const fields = {
      ...settings(),
      loader,
      splitter: { ...cut, config: { ...cut.config, separator: '\n' } },
    }
    const { body, status } = await stores.upload(id, [['book.txt', book]], fields)
    expect(status).toBe(200)
    const before = await chunksOf(id)
    await stores.call('POST', `/loader/process/${body.docId}`)
    const after = await chunksOf(id)
    expect(after.map(({ pageContent }) => pageContent.length)).toEqual(
      before.map(({ pageContent }) => pageContent.length),
    )
    expect((await stores.read(id)).loaders[0]?.files).toMatchObject([{ size: book.length }])
  })
})

describe('a refresh', () => {
  it('loads every loader anew, and brings what comes of it into the vectors', async () => {
    const { call } = stores
    const { id } = await stores.makeStore()
    const first = await stores.upload(id, [['notes.txt', handbook]], settings())
    const second = await stores.upload(id, [['cats.txt', 'Cats like boxes.']], settings())
    const [chunk] = await chunksOf(id, second.body.docId)
    const path = `/chunks/${id}/${second.body.docId}/${chunk?.id}`
    await call('PUT', path, { pageContent: 'Dogs like boxes.' })
    const all = await call<readonly Upserted[]>('POST', `/refresh/${id}`)
    expect(all.body).toMatchObject([
      { docId: first.body.docId, numSkipped: 3, numAdded: 0 },
      { docId: second.body.docId, numSkipped: 1, numAdded: 0 },
    ])
    expect((await chunksOf(id, second.body.docId))[0]?.pageContent).toBe('Cats like boxes.')
    const items = [{ docId: second.body.docId, metadata: { kind: 'pet' } }]
    const one = await call<readonly Upserted[]>('POST', `/refresh/${id}`, { items })
    expect(one.body).toMatchObject([{ docId: second.body.docId, numUpdated: 1 }])
    expect(await stores.read(id)).toMatchObject({ status: 'UPSERTED', totalChunks: 4 })
  })
})
