import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'
import { docx } from './vectors/files.ts'
import { draw } from './vectors/harness.ts'

let app: TestApp
let mock: LLMock

beforeAll(async () => {
  mock = new LLMock({ port: 0 })
  await mock.start()
  mock.onMessage(/./, { content: 'Said.' })
  app = await startApp({
    env: {
      EGRESS_ALLOW: new URL(mock.url).host,
      RATE_LIMITS: '{"anonymousPredictionPerAddress":{"limit":1000,"windowSeconds":60}}',
    },
  })
})
afterAll(async () => {
  await app.close()
  await mock.stop()
})

const openToFiles = JSON.stringify({ fullFileUpload: { status: true } })

const addFlow = (fields: object = {}) =>
  app.addFlow({
    isPublic: true,
    chatbotConfig: openToFiles,
    flowData: draw([
      {
        id: 'chatOpenAI_0',
        name: 'chatOpenAI',
        category: 'Chat Models',
        inputs: {
          modelName: 'gpt-4o-mini',
          basepath: `${mock.url}/v1`,
          openAIApiKey: 'sk-test-123456',
          allowImageUploads: true,
        },
      },
      { id: 'bufferMemory_0', name: 'bufferMemory', category: 'Memory' },
      {
        id: 'conversationChain_0',
        name: 'conversationChain',
        category: 'Chains',
        inputs: {
          model: '{{chatOpenAI_0.data.instance}}',
          memory: '{{bufferMemory_0.data.instance}}',
        },
      },
    ]),
    ...fields,
  })

interface Attached {
  readonly name: string
  readonly mimeType: string
  readonly size: number
  readonly content: string
}

async function attach(
  id: string,
  chatId: string,
  files: readonly (readonly [name: string, content: string | Buffer, type?: string])[],
) {
  const form = new FormData()
  for (const [name, content, type = ''] of files) {
    form.append('files', new Blob([new Uint8Array(Buffer.from(content))], { type }), name)
  }
  const encoded = new Response(form)
  const request = new Request(`http://flowgate.test/api/v1/attachments/${id}/${chatId}`, {
    method: 'POST',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    body: new Uint8Array(await encoded.arrayBuffer()),
  })
  const response = await app.app.fetch(request, { address: '192.0.2.1' })
  return { status: response.status, body: (await response.json()) as Attached[] }
}

const ask = (id: string, body: object, token: string | null = null) =>
  app.rest<{ message: string }>('POST', `/prediction/${id}`, {
    token,
    body: { question: 'What is in it?', ...body },
  })

/** What the model was asked last, as text. */
const lastAsked = () => JSON.stringify(mock.getLastRequest()?.body)

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

describe('files attached to a conversation', () => {
  it('are read, and stand before the question that names them', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    const { status, body } = await attach(id, chatId, [
      ['notes.md', '# Notes\n\nThe code word is heather.', 'text/markdown'],
      ['plan.docx', docx(['The plan is to leave at dawn.'])],
    ])
    expect(status).toBe(200)
    expect(body.map(({ name, content }) => [name, content.trim()])).toEqual([
      ['notes.md', '# Notes\n\nThe code word is heather.'],
      ['plan.docx', 'The plan is to leave at dawn.'],
    ])
    expect(body[0]).toMatchObject({ mimeType: 'text/markdown', size: 34 })

    // As the widget sends it: with what was read.
    const data = body[0]?.content
    const upload = { type: 'file:full', name: 'notes.md', mime: 'text/markdown', data }
    expect((await ask(id, { chatId, uploads: [upload] })).status).toBe(200)
    expect(lastAsked()).toContain('heather')
    // And by name alone.
    const stored = { type: 'stored-file:full', name: 'plan.docx', mime: '' }
    expect((await ask(id, { chatId, uploads: [stored] })).status).toBe(200)
    expect(lastAsked()).toContain('leave at dawn')
  })

  it('belong to that conversation alone', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    await attach(id, chatId, [['mine.txt', 'The code word is heather.']])
    const uploads = [{ type: 'stored-file:full', name: 'mine.txt', mime: '' }]
    const elsewhere = await ask(id, { chatId: crypto.randomUUID(), uploads })
    expect(elsewhere.status).toBe(400)
    expect(elsewhere.body.message).toBe('The conversation keeps no file "mine.txt".')
    expect((await ask(id, { chatId, uploads }, app.owner.token)).status).toBe(400)
    expect((await ask(id, { chatId, uploads })).status).toBe(200)
  })

  it('are refused by name, all of them, when one cannot be read', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    const { status, body } = await attach(id, chatId, [
      ['good.txt', 'Good.'],
      ['bad.bin', Buffer.from([0, 1, 2, 3])],
    ])
    expect(status).toBe(415)
    expect(body).toMatchObject({ message: 'The file "bad.bin" is of no type that can be read.' })
    const uploads = [{ type: 'stored-file:full', name: 'good.txt', mime: '' }]
    expect((await ask(id, { chatId, uploads })).status).toBe(400)
    expect((await attach(id, chatId, [])).status).toBe(400)
    expect((await attach(id, chatId, [['big.txt', 'x'.repeat(10_600_000)]])).status).toBe(413)
  })

  it('of one name are told apart, and a later one of the name replaces the first', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    const { status, body } = await attach(id, chatId, [
      ['notes.txt', 'One.'],
      ['notes.txt', 'Two.'],
      ['notes (2).txt', 'Three.'],
      ['notes.txt', 'Four.'],
    ])
    expect(status).toBe(200)
    expect(body.map(({ name, content }) => [name, content])).toEqual([
      ['notes.txt', 'One.'],
      ['notes (3).txt', 'Two.'],
      ['notes (2).txt', 'Three.'],
      ['notes (4).txt', 'Four.'],
    ])
    await attach(id, chatId, [['notes.txt', 'Newer.']])
    const name = (of: string) => ({ type: 'stored-file:full', name: of, mime: '' })
    const uploads = [name('notes.txt'), name('notes (3).txt')]
    expect((await ask(id, { chatId, uploads })).status).toBe(200)
    expect(lastAsked()).toContain('Newer.')
    expect(lastAsked()).toContain('Two.')
  })

  it('are for strangers only where the author has switched it on', async () => {
    const closed = await addFlow({ chatbotConfig: '{}' })
    expect((await attach(closed.id, 'c', [['a.txt', 'A.']])).status).toBe(401)
    const { apiKey } = await app.addKey()
    const body = { files: [{ name: 'a.txt', mime: 'text/plain', data: 'data:,Hello' }] }
    const known = await app.rest('POST', `/attachments/${closed.id}/c`, { token: apiKey, body })
    expect(known.status).toBe(200)
  })
})

describe('a picture sent with a question', () => {
  it('as an address is not fetched from where only flows may call', async () => {
    const { id } = await addFlow()
    const data = `${mock.url}/secret.png`
    const before = mock.getRequests().length
    const uploads = [{ type: 'url', name: 'secret.png', mime: 'image/png', data }]
    const answer = await ask(id, { uploads })
    expect(answer.body['message']).toMatch(/^Calls to 127\.0\.0\.1 on port \d+ are refused/)
    expect(mock.getRequests()).toHaveLength(before)
  })

  it('is shown to the model, kept, and handed out to its conversation', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    const data = `data:image/png;base64,${pixel}`
    const uploads = [{ type: 'file', name: '../my <cat>.png', mime: 'image/png', data }]
    expect((await ask(id, { chatId, uploads })).status).toBe(200)
    expect(lastAsked()).toContain(pixel)

    const { body } = await app.rest<{ fileUploads: { type: string; name: string }[] | null }[]>(
      'GET',
      `/chatmessage/${id}?chatId=${chatId}`,
      { token: app.owner.token },
    )
    const [kept] = body[0]?.fileUploads ?? []
    expect(kept).toMatchObject({ type: 'stored-file', mime: 'image/png' })
    expect(kept?.name).toMatch(/^[\da-f-]{36}\.png$/)

    const path = (chat: string) =>
      `http://flowgate.test/api/v1/get-upload-file?chatflowId=${id}&chatId=${chat}&fileName=${kept?.name}`
    const get = (chat: string) => app.app.fetch(new Request(path(chat)), { address: '192.0.2.1' })
    const file = await get(chatId)
    expect(Buffer.from(await file.arrayBuffer()).toString('base64')).toBe(pixel)
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'access-control-allow-origin': '*',
    })
    expect(file.headers.get('content-disposition')).toMatch(/^attachment;/)
    expect((await get(crypto.randomUUID())).status).toBe(404)

    // It can be named again in the same conversation.
    const again = [{ type: 'stored-file', name: kept?.name, mime: 'image/png' }]
    expect((await ask(id, { chatId, uploads: again })).status).toBe(200)
    expect(lastAsked()).toContain(pixel)
  })

  it('threat 43: that is a page in truth is never shown as one', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    await attach(id, chatId, [['page.html', '<html><body><p>Hi</p></body></html>', 'text/html']])
    const url = `http://flowgate.test/api/v1/get-upload-file?chatflowId=${id}&chatId=${chatId}&fileName=page.html`
    const file = await app.app.fetch(new Request(url), { address: '192.0.2.1' })
    expect(file.status).toBe(200)
    expect(file.headers.get('content-type')).toBe('application/octet-stream')
  })

  it('goes with the messages of its conversation', async () => {
    const { id } = await addFlow()
    const chatId = crypto.randomUUID()
    await attach(id, chatId, [['a.txt', 'A.']])
    await ask(id, { chatId })
    await app.rest('DELETE', `/chatmessage/${id}?chatId=${chatId}`, { token: app.owner.token })
    const uploads = [{ type: 'stored-file:full', name: 'a.txt', mime: '' }]
    expect((await ask(id, { chatId, uploads })).status).toBe(400)
  })
})

it('a page of elements in elements is refused in a moment', async () => {
  const flow = await addFlow()
  const deep = (count: number) => `<html>${'<div>'.repeat(count)}text`
  const begun = performance.now()
  const refused = await attach(flow.id, 'deep', [['deep.html', deep(300_000)]])
  expect(refused).toMatchObject({
    status: 422,
    body: { message: 'The file "deep.html" has elements in more than 1000 others.' },
  })
  const wide = `<html>${'<script></script><br>'.repeat(100_000)}text`
  const read = await attach(flow.id, 'wide', [
    ['wide.html', wide],
    ['less.html', deep(900)],
  ])
  expect(read.body).toMatchObject([{ content: 'text' }, { content: 'text' }])
  expect(performance.now() - begun).toBeLessThan(15_000)
})
