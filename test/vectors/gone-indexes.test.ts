import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VectorPlace } from '../../src/engine/node/ports.ts'
import { removeLeftovers } from '../../src/vectors/leftovers.ts'
import { createVectorPort } from '../../src/vectors/store.ts'
import { startApp, type TestApp } from '../harness.ts'
import { asOwner } from '../setup/as-owner.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const em = () => app.app.deps.database.workspaceEm({ workspaceId: app.owner.workspaceId })

async function indexNames(): Promise<readonly string[]> {
  const rows = await em().execute<{ name: string }[]>(
    `select indexname as name from pg_indexes where starts_with(indexname, 'vector_chunk_hnsw_')`,
  )
  return rows.map(({ name }) => name).toSorted()
}

/** A flow with one chunk in a namespace that has an index. */
async function indexed() {
  const { id } = await app.addFlow()
  const port = createVectorPort(app.app.deps, app.owner.workspaceId, { owner: 'o', chatId: 'c' })
  const place: VectorPlace = { owner: { kind: 'chatflow', id }, namespace: 'n' }
  const writer = await port.open(place, { model: 'm', signal: new AbortController().signal })
  const chunk = { hash: 'h', source: null, content: 'x', metadata: {}, vector: [1, 2, 3] }
  await writer.add([chunk])
  await writer.commit('none')
  const [space] = await em().execute<{ id: string }[]>(
    'select id from vector_space where chatflowid = ?',
    [id],
  )
  const spaceId = space?.id ?? ''
  // By its name alone, for a PostgreSQL may lack pgvector.
  const name = `vector_chunk_hnsw_${spaceId.replaceAll('-', '')}`
  await asOwner(app, `create index ${name} on vector_chunk (id)`)
  return { id, name }
}

describe('the index of a namespace', () => {
  it('goes after its flow did, and stays until then', async () => {
    const [gone, kept] = [await indexed(), await indexed()]
    expect(await indexNames()).toEqual([gone.name, kept.name].toSorted())
    await app.rest('DELETE', `/chatflows/${gone.id}`, { token: app.owner.token })
    await removeLeftovers(app.app.deps.database, new Date(0))
    expect(await indexNames()).toEqual([kept.name])
    await removeLeftovers(app.app.deps.database, new Date(0))
    expect(await indexNames()).toEqual([kept.name])
  })
})
