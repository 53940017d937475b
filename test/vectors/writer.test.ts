import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VectorPlace, WrittenChunk } from '../../src/engine/node/ports.ts'
import { createVectorPort } from '../../src/vectors/store.ts'
import { startApp, type TestApp } from '../harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const { signal } = new AbortController()

const chunk = (content: string): WrittenChunk => ({
  hash: content.padEnd(64, '.'),
  source: 'notes.txt',
  content,
  metadata: {},
  vector: [1, 2, 3],
})

/** A namespace of a new flow that holds "old", and an upsert that has written "new" beside it. */
async function underWay() {
  const flow = await app.addFlow()
  const { workspaceId } = app.owner
  const port = createVectorPort(app.app.deps, workspaceId, { owner: 'o', chatId: 'c' })
  const place: VectorPlace = { owner: { kind: 'chatflow', id: flow.id }, namespace: 'n' }
  const first = await port.open(place, { model: 'm', signal })
  await first.add([chunk('old')])
  await first.commit('none')
  const writer = await port.open(place, { model: 'm', signal })
  await writer.add([chunk('new')])
  const found = async (): Promise<string[]> => {
    const query = { model: 'm', vector: [1, 2, 3], limit: 10 }
    return (await port.search(place, query)).map(({ content }) => content).toSorted()
  }
  return { writer, found }
}

describe('an upsert', () => {
  it('that is taken back leaves what was there', async () => {
    const { writer, found } = await underWay()
    await writer.discard()
    expect(await found()).toEqual(['old'])
  })

  it('stays when it is taken back after its commit, the answer to which was lost', async () => {
    const { writer, found } = await underWay()
    await writer.commit('sources')
    expect(await found()).toEqual(['new'])
    await writer.discard()
    expect(await found()).toEqual(['new'])
  })
})
