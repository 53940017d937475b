import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen, type Listening } from '../src/server/listen.ts'
import { owner, startApp, type Row, type TestApp } from './harness.ts'

/**
 * Every request line of the authentication document, in its order, over a real socket and as curl
 * would send it; then the same story told to GraphQL.
 */
let app: TestApp
let server: Listening

beforeAll(async () => {
  app = await startApp()
  server = await listen(app.app, {
    host: '127.0.0.1',
    port: 0,
    shutdownTimeoutSeconds: 1,
    trustProxy: 0,
  })
})
afterAll(async () => {
  await server.close()
  await app.close()
})

interface Reply {
  readonly status: number
  readonly body: Row
}

async function curl(method: string, path: string, sent: Sent = {}): Promise<Reply> {
  const { bearer, data } = sent
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
      ...(data !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(data !== undefined && { body: JSON.stringify(data) }),
  })
  return { status: response.status, body: (await response.json()) as Row }
}

interface Sent {
  readonly bearer?: string
  readonly data?: unknown
}

describe('the document over REST', () => {
  const known = { jwt: '', refresh: '', flow: '', keyId: '', key: '', secret: '' }

  it('POST /api/v1/auth/login', async () => {
    const { status, body } = await curl('POST', '/api/v1/auth/login', {
      data: { username: owner.email, password: owner.password },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      token: expect.stringMatching(/^eyJ/),
      refreshToken: expect.any(String),
      user: {
        id: app.owner.userId,
        email: owner.email,
        activeWorkspaceId: app.owner.workspaceId,
        activeOrganizationId: app.owner.organizationId,
      },
    })
    known.jwt = String(body['token'])
    known.refresh = String(body['refreshToken'])
    const [header = ''] = known.jwt.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      alg: 'HS256',
      typ: 'JWT',
    })
  })

  it('POST /api/v1/apikey', async () => {
    const permissions = ['chatflows:read', 'predictions:create']
    const { status, body } = await curl('POST', '/api/v1/apikey', {
      bearer: known.jwt,
      data: { keyName: 'Production Key', permissions },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: expect.stringMatching(/^key_/),
      apiKey: expect.stringMatching(/^sk_/),
      apiSecret: expect.stringMatching(/^sk_/),
      keyName: 'Production Key',
      permissions,
      workspaceId: app.owner.workspaceId,
      updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
    expect(body['apiKey']).not.toBe(body['apiSecret'])
    Object.assign(known, { keyId: body.id, key: body['apiKey'], secret: body['apiSecret'] })
  })

  it('POST /api/v1/prediction/CHATFLOW_ID', async () => {
    const flow = await curl('POST', '/api/v1/chatflows', {
      bearer: known.jwt,
      data: { name: 'First' },
    })
    known.flow = flow.body.id
    const { status, body } = await curl('POST', `/api/v1/prediction/${known.flow}`, {
      bearer: known.key,
      data: { question: 'Hello!' },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ text: 'Hello!', question: 'Hello!', chatId: expect.any(String) })
    const without = { data: { question: 'Hello!' } }
    expect((await curl('POST', `/api/v1/prediction/${known.flow}`, without)).status).toBe(401)
  })

  it('the apikeyid field binds a key', async () => {
    const other = await app.addKey()
    const bound = await curl('PUT', `/api/v1/chatflows/${known.flow}`, {
      bearer: known.jwt,
      data: { apikeyid: known.keyId },
    })
    expect(bound.body['apikeyid']).toBe(known.keyId)
    const ask = async (bearer: string): Promise<number> =>
      (
        await curl('POST', `/api/v1/prediction/${known.flow}`, {
          bearer,
          data: { question: 'Hello!' },
        })
      ).status
    expect(await ask(known.key)).toBe(200)
    expect(await ask(other.apiKey)).toBe(403)
    expect(await ask(known.jwt)).toBe(403)
  })

  it('GET /api/v1/chatflows', async () => {
    const { status, body } = await curl('GET', '/api/v1/chatflows', { bearer: known.jwt })
    expect(status).toBe(200)
    expect(body).toMatchObject([{ id: known.flow, name: 'First' }])
    expect((await curl('GET', '/api/v1/chatflows')).status).toBe(401)
    expect((await curl('GET', '/api/v1/chatflows', { bearer: known.key })).status).toBe(403)
  })

  it('POST /api/v1/auth/refreshToken', async () => {
    const { status, body } = await curl('POST', '/api/v1/auth/refreshToken', {
      data: { refreshToken: known.refresh },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ token: expect.stringMatching(/^eyJ/) })
    expect(body['refreshToken']).not.toBe(known.refresh)
    known.jwt = String(body['token'])
  })

  it('GET /api/v1/apikey', async () => {
    const { status, body } = await curl('GET', '/api/v1/apikey', { bearer: known.jwt })
    expect(status).toBe(200)
    const rows = body as unknown as Row[]
    const key = rows.find(({ id }) => id === known.keyId)
    expect(key).toMatchObject({ keyName: 'Production Key', chatFlows: [{ id: known.flow }] })
    expect(JSON.stringify(rows)).not.toContain(known.key)
    expect(key).not.toHaveProperty('apiSecret')
  })

  it('PUT /api/v1/apikey/KEY_ID', async () => {
    const { status, body } = await curl('PUT', `/api/v1/apikey/${known.keyId}`, {
      bearer: known.jwt,
      data: { keyName: 'Updated Key Name', permissions: ['chatflows:read'] },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ keyName: 'Updated Key Name', permissions: ['chatflows:read'] })
  })

  it('GET /api/v1/verify/apikey/YOUR_API_KEY', async () => {
    const { status, body } = await curl('GET', `/api/v1/verify/apikey/${known.key}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ valid: true, id: known.keyId, keyName: 'Updated Key Name' })
    expect((await curl('GET', '/api/v1/verify/apikey/sk_nonsense')).status).toBe(401)
  })

  it('GET /api/v1/public-chatflows/:id and POST /api/v1/vector/upsert/:id', async () => {
    const key = await app.addKey({ permissions: ['predictions:create'] })
    const { id } = await app.addFlow({ isPublic: true })
    expect((await curl('GET', `/api/v1/public-chatflows/${id}`)).body).toMatchObject({ id })
    const upsert = `/api/v1/vector/upsert/${id}`
    const done = await curl('POST', upsert, { bearer: key.apiKey, data: {} })
    expect(done).toMatchObject({ status: 200, body: { numAdded: 0, addedDocs: [] } })
    expect((await curl('POST', upsert, { data: {} })).status).toBe(401)
  })

  it('DELETE /api/v1/apikey/KEY_ID', async () => {
    const path = `/api/v1/apikey/${known.keyId}`
    const { status, body } = await curl('DELETE', path, { bearer: known.jwt })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: known.keyId, deleted: true, chatFlows: [{ id: known.flow }] })
    expect((await curl('DELETE', path, { bearer: known.jwt })).status).toBe(404)
    expect((await curl('GET', `/api/v1/verify/apikey/${known.key}`)).status).toBe(401)
  })
})

async function graphql(query: string, variables: object, bearer?: string): Promise<Row> {
  const { status, body } = await curl('POST', '/graphql', {
    data: { query, variables },
    ...(bearer && { bearer }),
  })
  expect(status).toBe(200)
  expect(body['errors']).toBeUndefined()
  return body['data'] as Row
}

describe('the document over GraphQL', () => {
  const known = { jwt: '', refresh: '', flow: '', keyId: '', key: '' }

  it('login', async () => {
    const data = await graphql(
      `
        mutation ($u: String, $p: String!) {
          login(username: $u, password: $p) {
            token
            refreshToken
            user {
              id
              email
              activeWorkspaceId
              activeOrganizationId
            }
          }
        }
      `,
      { u: owner.email, p: owner.password },
    )
    const login = data['login'] as Row
    expect(login['user']).toMatchObject({ id: app.owner.userId, email: owner.email })
    known.jwt = String(login['token'])
    known.refresh = String(login['refreshToken'])
  })

  it('createApiKey, createChatflow and createPrediction', async () => {
    const key = await graphql(
      `
        mutation ($p: [String!]!) {
          createApiKey(keyName: "Production Key", permissions: $p) {
            id
            apiKey
            apiSecret
            permissions
            workspaceId
            updatedDate
          }
        }
      `,
      { p: ['chatflows:read', 'predictions:create'] },
      known.jwt,
    )
    const made = key['createApiKey'] as Row
    Object.assign(known, { keyId: made.id, key: made['apiKey'] })
    const flow = await graphql('mutation { createChatflow(name: "First") { id } }', {}, known.jwt)
    known.flow = (flow['createChatflow'] as Row).id
    const answer = await graphql(
      'mutation ($id: String!) { createPrediction(id: $id, question: "Hello!") { text } }',
      { id: known.flow },
      known.key,
    )
    expect(answer['createPrediction']).toEqual({ text: 'Hello!' })
  })

  it('updateChatflow binds the key, publicChatflow and upsertVectors take it alone', async () => {
    const variables = { id: known.flow, key: known.keyId }
    const bind = `mutation ($id: String!, $key: String) {
      updateChatflow(id: $id, apikeyid: $key) { apikeyid } }`
    expect(await graphql(bind, variables, known.jwt)).toEqual({
      updateChatflow: { apikeyid: known.keyId },
    })
    const id = { id: known.flow }
    const read = 'query ($id: String!) { publicChatflow(id: $id) { name } }'
    expect(await graphql(read, id, known.key)).toEqual({ publicChatflow: { name: 'First' } })
    const upsert = 'mutation ($id: String!) { upsertVectors(id: $id) { numAdded } }'
    expect(await graphql(upsert, id, known.key)).toEqual({ upsertVectors: { numAdded: 0 } })
  })

  it('refreshToken, chatflows and apiKeys', async () => {
    const renew = 'mutation ($t: String!) { refreshToken(refreshToken: $t) { token } }'
    const renewed = await graphql(renew, { t: known.refresh })
    known.jwt = String((renewed['refreshToken'] as Row)['token'])
    const lists = '{ chatflows { id } apiKeys { id apiKey chatFlows { id } } }'
    const { chatflows, apiKeys } = await graphql(lists, {}, known.jwt)
    expect(chatflows).toContainEqual({ id: known.flow })
    expect(apiKeys).toContainEqual({
      id: known.keyId,
      apiKey: `${known.key.slice(0, 7)}…${known.key.slice(-4)}`,
      chatFlows: [{ id: known.flow }],
    })
  })

  it('updateApiKey, verifyApiKey and deleteApiKey', async () => {
    const id = { id: known.keyId }
    const update = `mutation ($id: String!) {
      updateApiKey(id: $id, keyName: "Updated Key Name", permissions: ["chatflows:read"]) { keyName } }`
    expect(await graphql(update, id, known.jwt)).toEqual({
      updateApiKey: { keyName: 'Updated Key Name' },
    })
    const verify = 'query ($key: String!) { verifyApiKey(key: $key) { valid id } }'
    expect(await graphql(verify, { key: known.key })).toEqual({
      verifyApiKey: { valid: true, id: known.keyId },
    })
    const remove = `mutation ($id: String!) {
      deleteApiKey(id: $id) { id deleted chatFlows { id } } }`
    expect(await graphql(remove, id, known.jwt)).toEqual({
      deleteApiKey: { id: known.keyId, deleted: true, chatFlows: [{ id: known.flow }] },
    })
  })
})
