import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import {
  handbook,
  startStores,
  textLoader,
  type Chunks,
  type Found,
  type Loader,
  type Stores,
} from './harness.ts'

let stores: Stores

beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.close())

const paragraphs = handbook.split('\n\n')
/** More than is read at once. */
const many = Array.from({ length: 450 }, (_, at) => `Line ${at} of many.`.padEnd(50, '.'))

async function processed(text: string) {
  const { call, embedding, makeStore } = stores
  const { id } = await makeStore()
  const { body } = await call<Loader>('POST', '/loader/save', { storeId: id, ...textLoader(text) })
  await call('POST', `/loader/process/${body.id}`)
  await call('POST', '/vectorstore/save', { storeId: id, ...embedding })
  return { id, docId: body.id }
}

const textsOf = async (id: string) =>
  (await stores.call<Chunks>('GET', `/chunks/${id}/all/1`)).body.chunks.map(
    ({ pageContent }) => pageContent,
  )

async function execute<T>(sql: string, params: readonly unknown[]): Promise<T[]> {
  const { app } = stores
  const { workspaceId } = app.owner
  const em = app.app.deps.database.workspaceEm({ workspaceId })
  return em.transactional((em) => em.execute<T[]>(sql, [...params]))
}

const rowsOf = async (id: string) => {
  const count = 'select count(*)::int as count from document_chunk where store_id = ?'
  return (await execute<{ count: number }>(count, [id]))[0]?.count
}

describe('two who process a loader at once', () => {
  it('leave the chunks of one of them, each once', async () => {
    const { id, docId } = await processed(handbook)
    const answers = await Promise.all(
      [1, 2, 3].map(() => stores.call('POST', `/loader/process/${docId}`)),
    )
    for (const { status } of answers) expect([200, 409]).toContain(status)
    expect(answers.map(({ status }) => status)).toContain(200)
    expect(await textsOf(id)).toEqual(paragraphs)
    expect(await rowsOf(id)).toBe(3)
  })

  it('of whom one stopped with his server do not hold each other up', async () => {
    const { call, read } = stores
    const { id, docId } = await processed(handbook)
    const staging = newId()
    const begun = 'update document_loader set staging_id = ?, updated_date = now() where id = ?'
    await execute(begun, [staging, docId])
    await execute(
      `insert into document_chunk (id, workspace_id, store_id, doc_id, staging_id, chunk_no,
         page_content, metadata)
       select ?, workspace_id, store_id, id, staging_id, 0, 'Half a chunk', '{}'
       from document_loader where id = ?`,
      [newId(), docId],
    )
    expect(await read(id)).toMatchObject({ status: 'SYNCING', loaders: [{ status: 'SYNCING' }] })
    expect(await textsOf(id)).toEqual(paragraphs)
    const lately = `update document_loader set updated_date = now() - interval '2 hours' where id = ?`
    await execute(lately, [docId])
    expect((await read(id)).status).toBe('SYNC')
    const again = await call<Loader>('POST', `/loader/process/${docId}`)
    expect(again.body).toMatchObject({ status: 'SYNC', totalChunks: 3 })
    expect(await rowsOf(id)).toBe(3)
  })
})

describe('two upserts of a store', () => {
  it.each([
    ['first', 0],
    ['second', 1],
  ])(
    'say that they are under way until both are done, also when the %s ends before',
    async (...[, before]) => {
      const { call, embedder, read } = stores
      const { id } = await processed(handbook)
      const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
      const upserts: Promise<unknown>[] = []
      embedder.state.asked = 0
      for (const [at, gate] of gates.entries()) {
        embedder.state.gate = gate.promise
        // Each in a namespace of its own: in one of both they would take turns.
        const vectorStoreConfig = { pineconeNamespace: `n${at}` }
        const place = { vectorStoreName: 'pinecone', vectorStoreConfig }
        upserts.push(call('POST', '/vectorstore/insert', { storeId: id, ...place }))
        await until(async () => embedder.state.asked > at)
      }
      gates[before]?.resolve()
      await upserts[before]
      expect((await read(id)).status).toBe('UPSERTING')
      gates[1 - before]?.resolve()
      await upserts[1 - before]
      expect((await read(id)).status).not.toBe('UPSERTING')
    },
  )
})

describe('an upsert during which chunks are made anew', () => {
  it('is refused, and nothing of it is found', async () => {
    const { call, embedder, read } = stores
    const { id, docId } = await processed(many.join('\n\n'))
    const gate = Promise.withResolvers<void>()
    embedder.state.gate = gate.promise
    const filling = call('POST', '/vectorstore/insert', { storeId: id })
    await until(async () => (await read(id)).status === 'UPSERTING')
    await call('POST', `/loader/process/${docId}`)
    gate.resolve()
    const refused = await filling
    expect(refused.status).toBe(409)
    expect(refused.body.message).toContain('changed meanwhile')
    const found = await call<Found>('POST', '/vectorstore/query', { storeId: id, query: 'x' })
    expect(found.body.docs).toEqual([])
    expect((await read(id)).status).toBe('SYNC')
  })

  it('or one is changed, leaves the store to be upserted again', async () => {
    const { call, embedder, read } = stores
    const { id, docId } = await processed(handbook)
    const gate = Promise.withResolvers<void>()
    embedder.state.gate = gate.promise
    const filling = call('POST', '/vectorstore/insert', { storeId: id })
    await until(async () => (await read(id)).status === 'UPSERTING')
    const [chunk] = (await call<Chunks>('GET', `/chunks/${id}/${docId}/1`)).body.chunks
    await call('PUT', `/chunks/${id}/${docId}/${chunk?.id}`, { pageContent: 'Changed.' })
    gate.resolve()
    expect((await filling).status).toBe(200)
    expect((await read(id)).status).toBe('SYNC')
  })
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let time = 0; time < 200; time += 1) {
    if (await isSo()) return
    await wait(20)
  }
  throw new Error('It never came to that.')
}
