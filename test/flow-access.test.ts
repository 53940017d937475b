import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Key, type Row, type StartOptions, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

interface Visitor {
  readonly token?: string | null
  readonly origin?: string
}

/** What prediction and public read answer a visitor, over REST and GraphQL alike. */
async function visit(id: string, { token = null, origin }: Visitor, on = app) {
  const headers = origin === undefined ? {} : { origin }
  const asked = { token, headers, body: { question: 'Hi' } }
  const prediction = await on.rest('POST', `/prediction/${id}`, asked)
  const read = await on.rest('GET', `/public-chatflows/${id}`, { token, headers })
  const { code } = await on.gql(
    'query ($id: String!) { publicChatflow(id: $id) { id } }',
    { id },
    { token, headers },
  )
  expect(code).toBe(read.status === 200 ? undefined : read.body['code'])
  return { prediction: prediction.status, read: read.status }
}

const both = (status: number) => ({ prediction: status, read: status })

async function change(id: string, body: object): Promise<Row> {
  const answer = await app.rest('PUT', `/chatflows/${id}`, { token: app.owner.token, body })
  expect(answer.status).toBe(200)
  return answer.body
}

async function upsert(id: string, token: string | null): Promise<number> {
  return (await app.rest('POST', `/vector/upsert/${id}`, { token, body: {} })).status
}

describe('threat 18: a flow bound to a key', () => {
  let key: Key
  let other: Key

  beforeAll(async () => {
    key = await app.addKey()
    other = await app.addKey()
  })

  it.each([false, true])('opens to that key alone, public (%j) or not', async (isPublic) => {
    const { id } = await app.addFlow({ apikeyid: key.id, isPublic })
    const stranger = await app.addKey({ token: (await app.addPerson()).token })
    expect(await visit(id, {})).toEqual(both(401))
    expect(await visit(id, { token: 'garbage' })).toEqual(both(401))
    expect(await visit(id, { token: other.apiKey })).toEqual(both(403))
    expect(await visit(id, { token: app.owner.token })).toEqual(both(403))
    expect(await visit(id, { token: await app.exchange(other) })).toEqual(both(403))
    expect(await visit(id, { token: stranger.apiKey })).toEqual(both(404))
    expect(await visit(id, { token: key.apiKey })).toEqual(both(200))
    expect(await visit(id, { token: await app.exchange(key) })).toEqual(both(200))
    expect([
      await upsert(id, null),
      await upsert(id, other.apiKey),
      await upsert(id, key.apiKey),
    ]).toEqual([401, 403, 200])
  })

  it('needs the permission too', async () => {
    const weak = await app.addKey({ permissions: ['tools:view'] })
    const { id } = await app.addFlow({ apikeyid: weak.id })
    expect(await visit(id, { token: weak.apiKey })).toEqual(both(403))
  })

  it('stays closed when the key is deleted, until it is bound again', async () => {
    const doomed = await app.addKey()
    const { id } = await app.addFlow({ apikeyid: doomed.id, isPublic: true })
    const { token } = app.owner
    const deleted = await app.rest('DELETE', `/apikey/${doomed.id}`, { token })
    expect(deleted.body['chatFlows']).toMatchObject([{ id, flowName: 'A flow' }])
    expect(await visit(id, {})).toEqual(both(401))
    expect(await visit(id, { token: doomed.apiKey })).toEqual(both(401))
    expect(await visit(id, { token: other.apiKey })).toEqual(both(403))
    expect(await visit(id, { token })).toEqual(both(403))
    // Putting the whole flow back as it was read is no new binding, and opens nothing.
    const whole = (await app.rest('GET', `/chatflows/${id}`, { token })).body
    await change(id, whole)
    expect(await visit(id, {})).toEqual(both(401))
    await change(id, { apikeyid: other.id })
    expect(await visit(id, { token: other.apiKey })).toEqual(both(200))
    await change(id, { apikeyid: '' })
    expect(await visit(id, {})).toEqual(both(200))
  })

  it('is bound to live keys of its own workspace only', async () => {
    const { token } = app.owner
    const { id } = await app.addFlow()
    const stranger = await app.addKey({ token: (await app.addPerson()).token })
    for (const apikeyid of [stranger.id, 'key_unknown', 'x']) {
      const put = await app.rest('PUT', `/chatflows/${id}`, { token, body: { apikeyid } })
      expect([put.status, put.body['code']]).toEqual([400, 'BAD_REQUEST'])
      const post = await app.rest('POST', '/chatflows', { token, body: { name: 'X', apikeyid } })
      expect(post.status).toBe(400)
    }
  })
})

describe('a flow that is not bound', () => {
  it('takes keys and people of its workspace with the permission', async () => {
    const { id } = await app.addFlow()
    const { workspaceId } = app.owner
    const viewer = await app.addPerson({ workspaceId, role: 'viewer' })
    const editor = await app.addPerson({ workspaceId, role: 'editor' })
    const reader = await app.addKey({ permissions: ['chatflows:read'] })
    expect(await visit(id, { token: (await app.addKey()).apiKey })).toEqual(both(200))
    expect(await visit(id, { token: editor.token })).toEqual(both(200))
    expect(await visit(id, { token: viewer.token })).toEqual({ prediction: 403, read: 200 })
    expect(await visit(id, { token: reader.apiKey })).toEqual({ prediction: 403, read: 200 })
    expect(await visit(id, { token: (await app.addPerson()).token })).toEqual(both(404))
  })

  it('answers the anonymous alike, whether it is private or unknown', async () => {
    const { id } = await app.addFlow()
    const unknown = await app.rest('GET', `/public-chatflows/${app.owner.userId}`)
    const malformed = await app.rest('GET', '/public-chatflows/nonsense')
    const known = await app.rest('GET', `/public-chatflows/${id}`)
    for (const { status, body } of [unknown, malformed, known]) {
      expect({ status, ...body, requestId: '' }).toEqual({
        ...known.body,
        status: 401,
        requestId: '',
      })
    }
  })

  it('is open to anyone when it is public, but not to a bearer that is wrong', async () => {
    const { id } = await app.addFlow({ isPublic: true })
    expect(await visit(id, {})).toEqual(both(200))
    expect(await visit(id, { token: 'stale' })).toEqual(both(401))
    const stranger = await app.addPerson()
    expect(await visit(id, { token: stranger.token })).toEqual(both(200))
    expect([await upsert(id, null), await upsert(id, stranger.token)]).toEqual([401, 404])
    const streaming = await app.rest('GET', `/chatflows-streaming/${id}`)
    expect([streaming.status, streaming.body]).toEqual([200, { isStreaming: false }])
    expect((await app.rest('GET', `/chatflows-uploads/${id}`)).status).toBe(200)
  })
})

describe('chatbotConfig.allowedOrigins', () => {
  it('turns pages elsewhere away, whoever asks', async () => {
    const chatbotConfig = JSON.stringify({
      allowedOrigins: ['https://shop.example'],
      welcomeMessage: 'Hi',
    })
    const { id } = await app.addFlow({ isPublic: true, chatbotConfig })
    const { apiKey } = await app.addKey()
    expect(await visit(id, { origin: 'https://shop.example' })).toEqual(both(200))
    expect(await visit(id, {})).toEqual(both(200))
    for (const origin of ['https://evil.example', 'null', 'https://shop.example.evil.example']) {
      expect(await visit(id, { origin })).toEqual(both(403))
      expect(await visit(id, { origin, token: apiKey })).toEqual(both(403))
    }
    const config = await app.rest('GET', `/public-chatbotConfig/${id}`)
    expect(config.body).toMatchObject({ welcomeMessage: 'Hi', isTTSEnabled: false })
    expect(config.text).not.toContain('allowedOrigins')
  })

  it('means everywhere when it is empty', async () => {
    const chatbotConfig = JSON.stringify({ allowedOrigins: [''] })
    const { id } = await app.addFlow({ isPublic: true, chatbotConfig })
    expect(await visit(id, { origin: 'https://any.example' })).toEqual(both(200))
  })
})

describe('ANONYMOUS_ACCESS=off and limits for the anonymous', () => {
  it('closes public flows to whoever shows no credential', () =>
    on({ env: { ANONYMOUS_ACCESS: 'off' } }, async (closed) => {
      const { id } = await closed.addFlow({ isPublic: true })
      expect(await visit(id, {}, closed)).toEqual(both(401))
      const { apiKey } = await closed.addKey()
      expect(await visit(id, { token: apiKey }, closed)).toEqual(both(200))
    }))

  it('counts every anonymous call of an address, and no other', () =>
    on({ env: { RATE_LIMITS: anonymousLimit } }, async (limited) => {
      const { id } = await limited.addFlow({ isPublic: true })
      const { apiKey } = await limited.addKey()
      const ask = async (address: string, token: string | null = null) =>
        (
          await limited.rest('POST', `/prediction/${id}`, {
            token,
            address,
            body: { question: 'Hi' },
          })
        ).status
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask('198.51.100.1')))
      expect(answers.filter((status) => status === 200)).toHaveLength(3)
      expect(answers.filter((status) => status === 429)).toHaveLength(5)
      expect(await ask('198.51.100.2')).toBe(200)
      expect(await ask('198.51.100.1', apiKey)).toBe(200)
    }))
})

const anonymousLimit = JSON.stringify({
  anonymousPredictionPerAddress: { limit: 3, windowSeconds: 60 },
})

/** Another server, for as long as the work takes. */
async function on(options: StartOptions, work: (other: TestApp) => Promise<void>): Promise<void> {
  const other = await startApp(options)
  await work(other)
  await other.close()
}

describe('the id of a flow in capitals', () => {
  it('names no flow, so that nothing is kept under it when the flow is closed', async () => {
    const { id } = await app.addFlow({ isPublic: true })
    expect(await visit(id, {})).toEqual(both(200))
    expect(await visit(id.toUpperCase(), {})).toEqual(both(401))
    expect(
      (await app.rest('DELETE', `/chatflows/${id.toUpperCase()}`, { token: app.owner.token }))
        .status,
    ).toBe(404)
    await change(id, { isPublic: false })
    expect(await visit(id, {})).toEqual(both(401))
  })
})
