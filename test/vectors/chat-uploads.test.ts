import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../harness.ts'
import { dataUri, qaFlow, startEmbedder, type Sourced, type UpsertAnswer } from './harness.ts'

let app: TestApp
let embedder: Awaited<ReturnType<typeof startEmbedder>>
let mock: LLMock

beforeAll(async () => {
  embedder = await startEmbedder()
  mock = new LLMock({ port: 0 })
  await mock.start()
  mock.onMessage(/./, { content: 'Said.' })
  app = await startApp({
    env: {
      EGRESS_ALLOW: `${embedder.host},${new URL(mock.url).host}`,
      RATE_LIMITS: '{"anonymousPredictionPerAddress":{"limit":1000,"windowSeconds":60}}',
    },
  })
})
afterAll(async () => {
  await app.close()
  embedder.stop()
  await mock.stop()
})

const everybodys = 'Everybody may know that we sell socks.'
const mine = 'My own shoe size is forty-two.'

/** A public flow whose author has drawn a file into it, and lets people upload to their chats. */
async function addFlow(fileUpload: boolean, filter = '') {
  const flowData = qaFlow(`${mock.url}/v1`, {
    embeddings: { basepath: embedder.baseUrl },
    loader: { inputs: { txtFile: dataUri(everybodys), metadata: '{"kind":"drawn"}' } },
    store: { name: 'pinecone', inputs: { topK: '2', fileUpload, pineconeMetadataFilter: filter } },
  })
  const flow = await app.addFlow({ flowData, isPublic: true })
  await app.rest('POST', `/vector/upsert/${flow.id}`, { token: app.owner.token, body: {} })
  return flow
}

async function upload(
  id: string,
  fields: Readonly<Record<string, string>>,
  token: string | null = null,
) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('files', new Blob(['My own shoe size is forty-two.']), 'mine.txt')
  const response = await app.app.fetch(
    new Request(`http://flowgate.test/api/v1/vector/upsert/${id}`, {
      method: 'POST',
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      body: form,
    }),
    { address: '192.0.2.1' },
  )
  return { status: response.status, body: (await response.json()) as UpsertAnswer }
}

async function found(id: string, chatId: string, token: string | null = null): Promise<string[]> {
  const { body } = await app.rest<{ sourceDocuments: Sourced[] }>('POST', `/prediction/${id}`, {
    token,
    body: { question: 'My own shoe size is forty-two.', chatId },
  })
  return body.sourceDocuments.map(({ pageContent }) => pageContent)
}

describe('a file for one chat', () => {
  it('is found in that chat and in no other, beside what everybody finds', async () => {
    const { id } = await addFlow(true)
    const chatId = crypto.randomUUID()
    const answer = await upload(id, { chatId })
    expect(answer.status).toBe(200)
    expect(answer.body.addedDocs.map(({ pageContent }) => pageContent)).toEqual([mine])
    expect(await found(id, chatId)).toEqual([mine, everybodys])
    expect(await found(id, crypto.randomUUID())).toEqual([everybodys])
    // The same chatId with a credential is another conversation.
    expect(await found(id, chatId, app.owner.token)).toEqual([everybodys])
  })

  it.each([
    ['drawn', [mine, everybodys], [everybodys]],
    ['other', [mine], []],
  ])(
    'is found whatever metadata the author asks for of what everybody finds: %s',
    async (kind, own, others) => {
      const { id } = await addFlow(true, JSON.stringify({ kind }))
      const chatId = crypto.randomUUID()
      await upload(id, { chatId })
      expect(await found(id, chatId)).toEqual(own)
      expect(await found(id, crypto.randomUUID())).toEqual(others)
    },
  )

  it('may come from a key of the workspace as well', async () => {
    const { id } = await addFlow(true)
    const { apiKey } = await app.addKey()
    const chatId = crypto.randomUUID()
    await upload(id, { chatId }, apiKey)
    expect(await found(id, chatId, apiKey)).toEqual([mine, everybodys])
    expect(await found(id, chatId)).toEqual([everybodys])
  })

  it('goes when the messages of its chat are removed, and with the flow', async () => {
    const { id } = await addFlow(true)
    const chatId = crypto.randomUUID()
    await upload(id, { chatId })
    await found(id, chatId)
    const { token } = app.owner
    await app.rest('DELETE', `/chatmessage/${id}?chatId=${chatId}`, { token })
    expect(await found(id, chatId)).toEqual([everybodys])
  })

  it('cannot be left where the author does not let people, or without a chat', async () => {
    const closed = await addFlow(false)
    expect((await upload(closed.id, { chatId: 'c' })).status).toBe(401)
    const open = await addFlow(true)
    expect(await upload(open.id, {})).toMatchObject({ status: 400 })
    const hidden = await app.addFlow({ flowData: qaFlow('http://127.0.0.1:1/v1') })
    expect((await upload(hidden.id, { chatId: 'c' })).status).toBe(401)
    const stranger = await app.addPerson()
    expect((await upload(closed.id, { chatId: 'c' }, stranger.token)).status).toBe(404)
  })

  it('is announced to the widget, with the kinds of files', async () => {
    const open = await addFlow(true)
    const { body } = await app.rest('GET', `/chatflows-uploads/${open.id}`)
    expect(body).toMatchObject({
      isRAGFileUploadAllowed: true,
      fileUploadSizeAndTypes: [{ fileTypes: ['.txt', '.md', '.html'], maxUploadSize: 10 }],
    })
    const closed = await addFlow(false)
    const { body: none } = await app.rest('GET', `/chatflows-uploads/${closed.id}`)
    expect(none).toMatchObject({ isRAGFileUploadAllowed: false, fileUploadSizeAndTypes: [] })
  })
})
