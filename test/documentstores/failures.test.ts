import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner } from '../setup/as-owner.ts'
import {
  handbook,
  startStores,
  textLoader,
  type Found,
  type Stores,
  type Upserted,
} from './harness.ts'

let stores: Stores

beforeAll(async () => {
  stores = await startStores({ expectsBugs: true })
  // The last write of an upsert is the one that says so of its loader.
  await asOwner(
    stores.app,
    `create function refuse() returns trigger language plpgsql as $$
     begin raise exception 'The disk is full.'; end $$`,
  )
})
afterAll(() => stores.close())

/** Does work while no upsert can be brought to its end, its vectors being written. */
async function failing<T>(work: () => Promise<T>): Promise<T> {
  const { app } = stores
  await asOwner(
    app,
    `create trigger refuse before update on document_loader for each row
     when (new.is_upserted and new.chunks_of is distinct from old.chunks_of)
     execute function refuse()`,
  )
  try {
    return await work()
  } finally {
    await asOwner(app, 'drop trigger refuse on document_loader')
  }
}

const loader = (text: string) => {
  const { loaderId, splitterId, splitterConfig } = textLoader()
  return {
    loader: { name: loaderId, config: { text } },
    splitter: { name: splitterId, config: splitterConfig },
  }
}

const found = async (id: string): Promise<string[]> => {
  const query = { storeId: id, query: 'x', topK: 20 }
  const { body } = await stores.call<Found>('POST', '/vectorstore/query', query)
  return body.docs.map(({ pageContent }) => pageContent).toSorted()
}

describe('an upsert that fails when its vectors are written', () => {
  const texts = handbook.split('\n\n').toSorted()

  async function filled() {
    const { embeddingName: name, embeddingConfig: config } = stores.embedding
    const { id } = await stores.makeStore()
    const body = { ...loader(handbook), embedding: { name, config } }
    const { body: done } = await stores.call<Upserted>('POST', `/upsert/${id}`, body)
    expect(await found(id)).toEqual(texts)
    return { id, docId: done.docId }
  }

  it('leaves nothing of a new loader to be found', async () => {
    const { id, docId } = await filled()
    const more = loader('Cats like boxes.')
    const failed = await failing(() => stores.call('POST', `/upsert/${id}`, { ...more, docId }))
    expect(failed.status).toBe(500)
    expect(await found(id)).toEqual(texts)
    expect(await stores.read(id)).toMatchObject({ status: 'UPSERTED', loaders: [{ id: docId }] })
  })

  it('does not call one upserted whose vectors are not its chunks', async () => {
    const { id, docId } = await filled()
    const changed = { ...loader('Cats like boxes.'), docId, replaceExisting: true }
    const failed = await failing(() => stores.call('POST', `/upsert/${id}`, changed))
    expect(failed.status).toBe(500)
    expect(await stores.read(id)).toMatchObject({ status: 'SYNC', totalChunks: 3 })
    await stores.call('POST', '/vectorstore/insert', { storeId: id })
    expect(await found(id)).toEqual(texts)
    expect((await stores.read(id)).status).toBe('UPSERTED')
  })
})
