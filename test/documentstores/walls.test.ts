import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { keyPermissions } from '../../src/core/permissions.ts'
import type { Person } from '../harness.ts'
import {
  embedderKey,
  handbook,
  startStores,
  textLoader,
  type Found,
  type Loader,
  type Store,
  type Stores,
  type Upserted,
} from './harness.ts'

let stores: Stores
let stranger: Person

beforeAll(async () => {
  stores = await startStores()
  stranger = await stores.app.addPerson()
})
afterAll(() => stores.close())

const mark = '_FLOWGATE_REDACTED_'

/** A store with chunks and vectors. */
async function filled(token = stores.app.owner.token) {
  const { embedding, makeStore } = stores
  const call = stores.as(token)
  const { id } = await makeStore('Shop', token)
  const loader = { storeId: id, ...textLoader() }
  const { body } = await call<Loader>('POST', '/loader/save', loader)
  await call('POST', `/loader/process/${body.id}`)
  const done = await call<Upserted>('POST', '/vectorstore/insert', { storeId: id, ...embedding })
  expect(done.body.numAdded).toBe(3)
  return { id, docId: body.id }
}

const sees = (workspaceId: string, sql: string, params: readonly unknown[] = []) => {
  const { database } = stores.app.app.deps
  return database.rows<{ count: number }>(database.workspaceEm({ workspaceId }), sql, params)
}

describe('a secret in the settings', () => {
  const scraper = {
    loaderId: 'cheerioWebScraper',
    loaderConfig: { url: 'http://user:hunter22@example.com/', headers: { authorization: 'x' } },
  }

  it('is in no answer, and a mark sent back keeps it', async () => {
    const { app, call, embedder, read } = stores
    const { id } = await filled()
    const saved = await call<Loader>('POST', '/loader/save', { storeId: id, ...scraper })
    expect(saved.body.loaderConfig).toEqual({ url: mark, headers: mark })
    const { basepath } = { basepath: embedder.baseUrl }
    const shown = { name: 'openAIEmbeddings', config: { basepath, openAIApiKey: mark } }
    expect((await read(id)).embeddingConfig).toEqual(shown)

    const kept = { storeId: id, embeddingConfig: { ...shown.config, batchSize: 2 } }
    const changed = await call<Store>('POST', '/vectorstore/save', kept)
    expect(changed.body.embeddingConfig?.config).toEqual({ ...shown.config, batchSize: 2 })
    const found = await call<Found>('POST', '/vectorstore/query', { storeId: id, query: 'x' })
    expect(found.status).toBe(200)
    expect(embedder.state.authorization).toBe(`Bearer ${embedderKey}`)

    const query = `{ documentStore(id: "${id}") { embeddingConfig loaders { loaderConfig } } }`
    const graphql = await app.gql(query, {}, { token: app.owner.token })
    for (const { text } of [saved, changed, found, graphql, await call('GET', '/store')]) {
      expect(text).not.toContain(embedderKey)
      expect(text).not.toContain('hunter22')
    }
  })

  it('is hidden in a long one too; a document is shown as it is, however short', async () => {
    const { app, call, makeStore, read } = stores
    const { id } = await makeStore()
    const viewer = await app.addPerson({ workspaceId: app.owner.workspaceId, role: 'viewer' })
    const about = JSON.stringify({ about: 'socks '.repeat(300), sentAs: `Bearer ${embedderKey}` })
    const loader = textLoader('Our key begins with sk-live-01, says the handbook.')
    const { loaderConfig, ...rest } = loader
    const config = { ...loaderConfig, metadata: about }
    await call('POST', '/loader/save', { storeId: id, ...rest, loaderConfig: config })
    const shown = await stores.as(viewer.token)<Store>('GET', `/store/${id}`)
    expect(shown.text).not.toContain(embedderKey)
    expect(shown.body.loaders[0]?.loaderConfig).toEqual({ ...loaderConfig, metadata: mark })
    expect((await read(id)).loaders[0]?.loaderConfig).toEqual({ ...loaderConfig, metadata: mark })
  })

  it('may be a credential of the workspace, and of no other', async () => {
    const { app, call, embedder, read } = stores
    const credential = async ({ token }: Person) => {
      const plainDataObj = { openAIApiKey: embedderKey }
      const body = { name: 'C', credentialName: 'openAIApi', plainDataObj }
      return (await app.rest('POST', '/credentials', { token, body })).body.id
    }
    const { id } = await filled()
    const settings = (name: string, credentialId: string) => ({
      storeId: id,
      embeddingName: 'openAIEmbeddings',
      embeddingConfig: { basepath: embedder.baseUrl, [name]: credentialId },
    })
    const own = await credential(app.owner)
    for (const name of ['credential', 'FLOWISE_CREDENTIAL_ID']) {
      embedder.state.authorization = undefined
      await call('POST', '/vectorstore/save', settings(name, own))
      const query = { storeId: id, query: `by ${name}` }
      expect((await call('POST', '/vectorstore/query', query)).status).toBe(200)
      expect(embedder.state.authorization).toBe(`Bearer ${embedderKey}`)
    }
    const { token } = app.owner
    const deleted = await app.rest('DELETE', `/credentials/${own}`, { token })
    expect(deleted.body['documentStores']).toMatchObject([{ id, name: 'Shop' }])
    const theirs = await credential(stranger)
    const before = (await read(id)).embeddingConfig
    const refused = await call('POST', '/vectorstore/insert', settings('credential', theirs))
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain(`There is no credential ${theirs} in this workspace.`)
    expect((await read(id)).embeddingConfig).toEqual(before)
  })
})

describe('another workspace', () => {
  const tables = ['document_store', 'document_loader', 'document_chunk', 'document_file']

  it.each([...tables, 'document_file_part'])('sees nothing of %s', async (table) => {
    const { app, upload } = stores
    const { id } = await filled()
    await upload(id, [['a.txt', 'x']], {})
    const count = `select count(*)::int as count from ${table}`
    const [own] = await sees(app.owner.workspaceId, count)
    expect(own?.count).toBeGreaterThan(0)
    expect(await sees(stranger.workspaceId, count)).toEqual([{ count: 0 }])
  })

  it('cannot put a chunk, a file or vectors into a store', async () => {
    const { id, docId } = await filled()
    const { database } = stores.app.app.deps
    const { workspaceId } = stranger
    const put = (sql: string, params: readonly unknown[]) =>
      database.workspaceEm({ workspaceId }).transactional((em) => em.execute(sql, [...params]))
    const chunk = `insert into document_chunk (id, workspace_id, store_id, doc_id, staging_id,
      chunk_no, page_content, metadata) values (?, ?, ?, ?, ?, 9, 'x', '{}')`
    await expect(put(chunk, [newId(), workspaceId, id, docId, newId()])).rejects.toThrow('foreign')
    const file = `insert into document_file (id, workspace_id, store_id, doc_id, staging_id, name,
      mime, size) values (?, ?, ?, ?, ?, 'x', '', 0)`
    await expect(put(file, [newId(), workspaceId, id, docId, newId()])).rejects.toThrow('foreign')
    const space = (columns: string, values: string) =>
      `insert into vector_space (id, workspace_id, ${columns}, namespace, model, dimensions,
        created_date, updated_date) values (?, ?, ${values}, 'n', 'm', 0, now(), now())`
    const theirs = put(space('store_id', '?'), [newId(), workspaceId, id])
    await expect(theirs).rejects.toThrow('foreign')
    const nobodys = put(space('store_id', 'null'), [newId(), workspaceId])
    await expect(nobodys).rejects.toThrow('vector_space_one_owner')
    const both = put(space('store_id, chatflowid', '?, ?'), [newId(), workspaceId, id, newId()])
    await expect(both).rejects.toThrow('vector_space_one_owner')
  })

  it('threat 48: finds and removes nothing of it by its own store of the same namespace', async () => {
    const ours = await filled()
    const call = stores.as(stranger.token)
    const theirs = await filled(stranger.token)
    const query = { storeId: theirs.id, query: 'x', topK: 200 }
    const found = await call<Found>('POST', '/vectorstore/query', query)
    expect(found.body.docs).toHaveLength(3)
    expect(new Set(found.body.docs.map(({ metadata }) => metadata['docId']))).toEqual(
      new Set([theirs.docId]),
    )
    const removed = await call('DELETE', `/vectorstore/${theirs.id}`)
    expect(removed.body).toEqual({ numDeleted: 3 })
    const left = await stores.call<Found>('POST', '/vectorstore/query', {
      ...query,
      storeId: ours.id,
    })
    expect(left.body.docs).toHaveLength(3)
  })

  it('goes with its stores', async () => {
    const { app } = stores
    const { token } = await app.addPerson()
    const made = await app.rest('POST', '/workspaces', { token, body: { name: 'Gone soon' } })
    const path = `/workspaces/${made.body.id}`
    const there = await app.rest<{ token: string }>('POST', `${path}/switch`, { token })
    const { id } = await filled(there.body.token)
    const count = `select (select count(*)::int from document_chunk where store_id = ?)
      + (select count(*)::int from vector_space where store_id = ?) as count`
    expect(await sees(made.body.id, count, [id, id])).toEqual([{ count: 4 }])
    const body = { confirm: 'Gone soon' }
    const gone = await app.rest('POST', `${path}/remove`, { token: there.body.token, body })
    expect(gone.status).toBe(200)
    expect(await sees(made.body.id, count, [id, id])).toEqual([{ count: 0 }])
  })
})

describe('who may what', () => {
  it('a viewer reads and searches, an editor does everything', async () => {
    const { app, as } = stores
    const { id, docId } = await filled()
    const { workspaceId } = app.owner
    const viewer = await app.addPerson({ workspaceId, role: 'viewer' })
    const editor = await app.addPerson({ workspaceId, role: 'editor' })
    const question = { storeId: id, query: handbook }
    const calls: readonly (readonly [string, string, object?])[] = [
      ['GET', `/store/${id}`],
      ['GET', `/chunks/${id}/all/1`],
      ['POST', '/vectorstore/query', question],
      ['POST', '/store', { name: 'New' }],
      ['POST', '/loader/preview', { storeId: id, id: docId }],
      ['POST', '/vectorstore/insert', { storeId: id }],
      ['DELETE', `/store/${id}`],
    ]
    const statuses = async ({ token }: Person) => {
      const told: number[] = []
      for (const one of calls) told.push((await as(token)(...one)).status)
      return told
    }
    expect(await statuses(viewer)).toEqual([200, 200, 200, 403, 403, 403, 403])
    expect(await statuses(editor)).toEqual([200, 200, 200, 200, 200, 200, 200])
  })

  it('no API key does anything, bare or exchanged', async () => {
    const { app, as } = stores
    const { token } = app.owner
    const key = await app.addKey()
    for (const credential of [key.apiKey, await app.exchange(key)]) {
      expect((await as(credential)('GET', '/store')).status).toBe(403)
    }
    const permissions = [...keyPermissions, 'documentStores:view']
    const body = { keyName: 'Too much', permissions }
    expect((await app.rest('POST', '/apikey', { token, body })).status).toBe(400)
  })
})

describe('settings that cannot be', () => {
  it('pose as no other node', async () => {
    const { call, makeStore } = stores
    const { id: storeId } = await makeStore()
    const posing = { vectorStore: { kind: 'vectorStore' }, query: 'x' }
    const loader = { storeId, loaderId: 'vectorStoreToDocument', loaderConfig: posing }
    const saved = await call<Loader>('POST', '/loader/save', loader)
    expect(saved.body.loaderConfig).toEqual({ query: 'x' })
    const refused = await call('POST', `/loader/process/${saved.body.id}`)
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain('needs a vector store connected to it')
  })

  it('are refused with their name', async () => {
    const { call, makeStore } = stores
    const { id: storeId } = await makeStore()
    const refusals = [
      ['/loader/save', { loaderId: 'plainTetx' }, 'There is no node plainTetx'],
      ['/loader/save', { loaderId: 'chatOpenAI' }, 'of the category Document Loaders'],
      ['/loader/save', { splitterId: 'plainText' }, 'Name a document loader'],
      ['/loader/save', { loaderId: 'plainText', loaderConfig: '[]' }, 'loaderConfig must be'],
      ['/loader/save', { loaderId: 'plainText', splitterId: 'faiss' }, 'Text Splitters'],
      ['/vectorstore/save', { embeddingName: 'faiss' }, 'Embeddings'],
      ['/vectorstore/save', { vectorStoreName: 'documentStoreVS' }, 'Vector Stores'],
      ['/vectorstore/save', { recordManagerName: 'faiss' }, 'Record Manager'],
    ] as const
    for (const [path, body, message] of refusals) {
      const refused = await call('POST', path, { storeId, ...body })
      expect(refused.status).toBe(400)
      expect(refused.body.message).toContain(message)
    }
  })
})
