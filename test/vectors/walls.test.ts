import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Person } from '../harness.ts'
import { dataUri, qaFlow, startBoth, startEmbedder, upsert, type Sourced } from './harness.ts'

let both: Awaited<ReturnType<typeof startBoth>>
let embedder: Awaited<ReturnType<typeof startEmbedder>>
let people: readonly Person[]

beforeAll(async () => {
  embedder = await startEmbedder()
  both = await startBoth({ env: { EGRESS_ALLOW: '127.0.0.1' } })
  both.mock.onMessage(/./, { content: 'Said.' })
  people = [both.app.owner, await both.app.addPerson()]
})
afterAll(async () => {
  await both.close()
  embedder.stop()
})
beforeEach(() => {
  embedder.state.dimensions = 32
})

const notes = (town: string): string =>
  ['Socks are returned within thirty days.', `The shop in ${town} opens at nine.`].join('\n\n')

/** The same ids, names and metadata for everybody. */
function shopIn(town: string) {
  const metadata = JSON.stringify({ id: 'doc-1', shop: 'one' })
  return qaFlow(both.baseUrl, {
    embeddings: { basepath: embedder.baseUrl },
    loader: { inputs: { txtFile: dataUri(notes(town)), metadata } },
    store: {
      name: 'pinecone',
      inputs: { pineconeIndex: 'shared', pineconeNamespace: 'shared', topK: '10' },
    },
  })
}

/** What is stored of a workspace. */
async function storedOf({ workspaceId }: Person): Promise<readonly string[]> {
  const { database } = both.app.app.deps
  const rows = await database.rows<{ content: string }>(
    database.workspaceEm({ workspaceId }),
    'select content from vector_chunk order by content',
  )
  return rows.map(({ content }) => content)
}

async function foundBy({ token }: Person, id: string): Promise<readonly string[]> {
  const body = { question: 'When does the shop open?' }
  const { body: answer } = await both.app.rest<{ sourceDocuments: Sourced[] }>(
    'POST',
    `/prediction/${id}`,
    { token, body },
  )
  return answer.sourceDocuments.map(({ pageContent }) => pageContent).toSorted()
}

describe('threat 48: the same ids, texts and metadata in two workspaces', () => {
  it('threat 48: are found, replaced and removed by their own workspace alone', async () => {
    const { app } = both
    const shops = await Promise.all(
      people.map(async (person) => {
        const { id } = await app.addFlow({ flowData: shopIn('Bergen') }, person.token)
        return { person, id }
      }),
    )
    const [ours, theirs] = shops
    if (ours === undefined || theirs === undefined) throw new Error('somebody has no shop')
    const bergen = notes('Bergen').split('\n\n')
    for (const { person, id } of shops) {
      const done = await upsert({ app, token: person.token }, id)
      // Nothing of the other's is taken for one's own.
      expect(done.body).toMatchObject({ numAdded: 2, numSkipped: 0, numUpdated: 0 })
    }
    expect(await foundBy(ours.person, ours.id)).toEqual(bergen)
    expect(await foundBy(theirs.person, theirs.id)).toEqual(bergen)

    const { token } = theirs.person
    const body = { flowData: shopIn('Oslo') }
    await app.rest('PUT', `/chatflows/${theirs.id}`, { token, body })
    expect((await upsert({ app, token }, theirs.id)).body).toMatchObject({ numUpdated: 1 })
    expect(await foundBy(theirs.person, theirs.id)).toContain('The shop in Oslo opens at nine.')
    expect(await foundBy(ours.person, ours.id)).toEqual(bergen)

    await app.rest('DELETE', `/chatflows/${theirs.id}`, { token })
    expect(await storedOf(theirs.person)).toEqual([])
    expect(await storedOf(ours.person)).toEqual(bergen)
    expect(await foundBy(ours.person, ours.id)).toEqual(bergen)
  })
})

describe('threat 48: what is too much', () => {
  const flowOf = (loader: object) =>
    both.app.addFlow({
      flowData: qaFlow(both.baseUrl, { embeddings: { basepath: embedder.baseUrl }, loader }),
    })

  it.each([
    [16_000, 200],
    [16_001, 502],
    [100_000, 502],
  ])('threat 48: vectors of %i dimensions: %i', async (dimensions, status) => {
    embedder.state.dimensions = dimensions
    const before = (await storedOf(both.app.owner)).length
    const { id } = await flowOf({ inputs: { txtFile: dataUri(notes('Bergen')) } })
    const done = await upsert(both, id)
    expect(done.status).toBe(status)
    const added = (await storedOf(both.app.owner)).length - before
    const isTaken = status === 200
    expect(added).toBe(isTaken ? 2 : 0)
    const sentence = `The embeddings node gave a vector of ${dimensions} dimensions; at most 16000 can be kept.`
    expect(done.body.message).toBe(isTaken ? undefined : sentence)
    // A search asks for a vector as well, and one that was kept is found.
    const { token } = both.app.owner
    const body = { question: 'When?' }
    const asked = await both.app.rest('POST', `/prediction/${id}`, { token, body })
    expect(asked.status).toBe(status)
  })

  it('threat 48: a chunk of more than ten million characters', async () => {
    const { token } = both.app.owner
    const { id } = await flowOf({ name: 'fileLoader', inputs: { textSplitter: '' } })
    const before = await storedOf(both.app.owner)
    const form = new FormData()
    form.append('files', new Blob(['x'.repeat(10_000_001)]), 'large.txt')
    const request = new Request(`http://flowgate.test/api/v1/vector/upsert/${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: form,
    })
    const answer = await both.app.app.fetch(request, { address: '192.0.2.1' })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({
      message: expect.stringMatching(
        /"large\.txt".* has a text of more than 10000000 characters: /,
      ),
    })
    expect(await storedOf(both.app.owner)).toEqual(before)
  })
})
