import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../src/schema.ts'
import { startApp, type TestApp } from './harness.ts'
import { callBoth, operationsOf, sampleArgs, type Operation } from './security/operations.ts'

/** Words that stand for secrets, put wherever one can be. None may be in any line. */
const canaries = {
  password: `Canary-password-${randomUUID()}`,
  credential: `canarycredential${randomBytes(12).toString('hex')}`,
  header: `canaryheader${randomBytes(12).toString('hex')}`,
  variable: `canaryvariable${randomBytes(12).toString('hex')}`,
  providerKey: `sk-proj-canary${randomBytes(12).toString('hex')}`,
  key: `sk_${randomBytes(24).toString('hex')}x`,
  refresh: `rt_${randomBytes(16).toString('hex')}_${'R'.repeat(43)}`,
  invite: `inv_${randomBytes(16).toString('hex')}_${'I'.repeat(43)}`,
  jwt: `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(randomUUID()).toString('base64url')}.sig`,
} as const

let app: TestApp
beforeAll(async () => {
  app = await startApp({ env: { EGRESS_ALLOW: '127.0.0.1' } })
})
afterAll(() => app.close())

/** Tokens in answers that the harness does not know of: those of invites. */
const invites = new Set<string>()

function expectNoSecret(): void {
  const all = app.logs.join('')
  for (const [name, canary] of Object.entries(canaries)) {
    expect(all.includes(canary), `a line holds the ${name}`).toBe(false)
    const encoded = [encodeURIComponent(canary), Buffer.from(canary).toString('base64')]
    expect(
      encoded.some((text) => all.includes(text)),
      `a line holds the ${name}`,
    ).toBe(false)
  }
  for (const secret of [...app.secrets, ...invites]) {
    expect(all.includes(secret), `a line holds ${secret.slice(0, 6)}…`).toBe(false)
  }
}

/** What a secret argument of that name would hold. */
const byName: Readonly<Record<string, string>> = {
  password: canaries.password,
  currentPassword: canaries.password,
  newPassword: canaries.password,
  refreshToken: canaries.refresh,
  token: canaries.invite,
  client_secret: canaries.key,
  key: canaries.key,
}

function secretArgs(operation: Operation): Record<string, unknown> {
  const given = operation.field.args.map(({ name }) => [name, byName[name]] as const)
  const filled = given.filter(([, value]) => value !== undefined)
  const args = sampleArgs(operation, Object.fromEntries(filled))
  // A secret in the wrong place: an id, a name, a free text.
  return 'id' in args ? { ...args, id: canaries.key } : args
}

const operations = operationsOf(schema).filter(({ name }) => !name.startsWith('Subscription'))

describe('threat 8: the log of every operation', () => {
  it.each(operations)('threat 8: $name tells no secret', async (operation) => {
    expect.hasAssertions()
    const args = secretArgs(operation)
    for (const token of [null, canaries.jwt, canaries.key, (await app.addPerson()).token]) {
      const { graphql } = await callBoth(app, operation, { args, token })
      for (const [invite] of graphql.raw.matchAll(/inv_\w+/g)) invites.add(invite)
    }
    expectNoSecret()
  })

  it('threat 8: holds none when secrets are in bodies, queries and headers that are refused', async () => {
    expect.hasAssertions()
    const everything = JSON.stringify(canaries)
    const { token } = app.owner
    for (const body of [everything, everything.slice(0, -1), `[${everything}]`]) {
      await app.rest('POST', '/auth/login', { body })
      await app.rest('POST', '/credentials', { token, body })
      await app.call('POST', '/graphql', { token, body })
    }
    for (const canary of Object.values(canaries)) {
      const text = encodeURIComponent(canary)
      await app.rest('GET', `/verify/apikey/${text}?key=${text}`)
      await app.call('GET', `/${text}/api?${text}=${text}`)
      await app.call('GET', '/api/v1/chatflows', { token: canary })
      const headers = {
        'x-api-key': canary,
        cookie: `session=${canary}`,
        referer: `http://x/${text}`,
        'user-agent': canary,
        authorization: `Basic ${Buffer.from(`x:${canary}`).toString('base64')}`,
      }
      await app.rest('POST', '/auth/token', { headers, body: { grant_type: canary } })
      await app.gql(`mutation { login(username: "${canary}", password: "${canary}") { token } }`)
      await app.gql(`{ ${canary.replaceAll(/\W/g, '_')} }`)
      await app.gql(
        'query ($id: String!) { chatflow(id: $id) { id } }',
        { id: [canary] },
        { token },
      )
    }
    for (const name of [canaries.key, canaries.refresh, canaries.invite]) {
      await app.gql(`query ${name} { version { version } }`)
    }
    expectNoSecret()
  })

  it('threat 8: holds no invite, and no new password', async () => {
    expect.hasAssertions()
    const { token, workspaceId } = app.owner
    const email = 'new@example.com'
    const added = await app.rest('POST', `/workspaces/${workspaceId}/members`, {
      token,
      body: { email, role: 'editor' },
    })
    const [invite = ''] = /inv_\w+/.exec(added.text) ?? []
    expect(invite).not.toBe('')
    invites.add(invite)
    const body = { token: invite, password: canaries.password }
    expect((await app.rest('POST', '/auth/acceptInvite', { body })).status).toBe(200)
    expect((await app.rest('POST', '/auth/acceptInvite', { body })).status).toBe(401)
    expectNoSecret()
  })

  it('threats 8, 24: holds none of a flow, its credential and a provider that repeats them', async () => {
    const provider = createServer((request, response) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      const { authorization = '' } = request.headers
      response.end(JSON.stringify({ error: { message: `bad key ${authorization}` } }))
    })
    await new Promise<void>((resolve) => {
      provider.listen(0, '127.0.0.1', resolve)
    })
    const basepath = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
    const { token } = app.owner
    const credential = await app.rest('POST', '/credentials', {
      token,
      body: {
        name: 'provider',
        credentialName: 'openAIApi',
        plainDataObj: { openAIApiKey: canaries.providerKey, other: canaries.credential },
      },
    })
    await app.rest('POST', '/variables', {
      token,
      body: { name: 'canary', value: canaries.variable },
    })
    const node = (id: string, data: object) => ({ id, data: { id, label: id, ...data } })
    const baseOptions = JSON.stringify({ 'X-Canary': canaries.header })
    const nodes = [
      node('chatOpenAI_0', {
        name: 'chatOpenAI',
        credential: credential.body.id,
        inputs: { modelName: 'm', basepath, baseOptions },
      }),
      node('bufferMemory_0', { name: 'bufferMemory', category: 'Memory', inputs: {} }),
      node('conversationChain_0', {
        name: 'conversationChain',
        inputs: {
          model: '{{chatOpenAI_0.data.instance}}',
          memory: '{{bufferMemory_0.data.instance}}',
        },
      }),
    ]
    const edges = ['chatOpenAI_0', 'bufferMemory_0'].map((source) => ({
      source,
      target: 'conversationChain_0',
    }))
    const flow = await app.addFlow({ flowData: { nodes, edges } })
    for (const streaming of [false, true]) {
      const body = { question: canaries.password, streaming, overrideConfig: { vars: canaries } }
      const answer = await app.call('POST', `/api/v1/prediction/${flow.id}`, { token, body })
      expect(answer.text).toMatch(streaming ? /"event":"error"|UPSTREAM/ : /UPSTREAM/)
      expect(answer.text).not.toContain(canaries.providerKey)
      expect(answer.text).not.toContain(canaries.header)
    }
    provider.close()
    provider.closeAllConnections()
    expectNoSecret()
  })
})

interface Line {
  readonly msg: string
  readonly [field: string]: unknown
}

const linesOf = (requestId: string | null): Line[] =>
  app.logs
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line['requestId'] === requestId && line.msg === 'request')

describe('the line of a request', () => {
  it('says which request, who, what, how it ended and how long it took', async () => {
    const { token, userId, workspaceId } = app.owner
    const rest = await app.rest('GET', '/chatflows', { token, address: '203.0.113.9' })
    expect(linesOf(rest.headers.get('x-request-id'))).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/),
        requestId: rest.headers.get('x-request-id'),
        method: 'GET',
        route: '/api/v1/chatflows',
        status: 200,
        durationMs: expect.any(Number),
        address: '203.0.113.9',
        userId,
        workspaceId,
        msg: 'request',
      },
    ])
  })

  it('names the operation of GraphQL, and the key that called', async () => {
    const key = await app.addKey()
    const flow = await app.addFlow()
    const asked = await app.gql(
      'mutation Ask($id: String!) { createPrediction(id: $id, question: "q") { text } }',
      { id: flow.id },
      { token: key.apiKey },
    )
    const [line, ...others] = linesOf(asked.headers.get('x-request-id'))
    expect(others).toEqual([])
    expect(line).toMatchObject({ route: '/graphql', operation: 'Ask', status: 200, keyId: key.id })
    const unnamed = await app.gql('{ version { version } me { email } }')
    const [nameless] = linesOf(unnamed.headers.get('x-request-id'))
    expect(nameless?.['operation']).toBe('version me')
    const long = await app.gql(`query ${'n'.repeat(5000)} { version { version } }`)
    expect(linesOf(long.headers.get('x-request-id'))[0]?.['operation']).toHaveLength(100)
  })

  it('is one line for refusals too, under the id the client sent', async () => {
    const headers = { 'x-request-id': 'trace-4711' }
    await app.rest('GET', '/no/such/path', { headers })
    expect(linesOf('trace-4711')).toHaveLength(1)
    expect(linesOf('trace-4711')[0]).toMatchObject({ route: null, status: 404 })
    const refused = await app.rest('POST', '/chatflows', { body: '{' })
    expect(linesOf(refused.headers.get('x-request-id'))).toHaveLength(1)
  })
})
