import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../src/rest/routes.ts'
import { schema } from '../src/schema.ts'
import { startApp, type TestApp } from './harness.ts'
import { operationsOf, sampleArgs } from './security/operations.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const body = (value: unknown) => ({ token: app.owner.token, body: value })
/** How many credentials are found by a type. */
async function list(name: string): Promise<number> {
  const path = `/credentials?credentialName=${encodeURIComponent(name)}`
  return (await app.rest<unknown[]>('GET', path, { token: app.owner.token })).body.length
}

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })

describe('threat 26: text', () => {
  it('is stored as it is, or refused, and never breaks a statement', async () => {
    const nasty = ["'; drop table chatflow; --", '\\', '?', '$1', ':x', '%', '_', '"', "\\'", '{}']
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constantFrom(...nasty), text), async (name) => {
        const { status, body: made } = await app.rest('POST', '/tools', body({ name }))
        const isSound = !name.includes('\0') && name.isWellFormed()
        const kept = isSound ? name.normalize('NFC') : undefined
        expect([status, made['name']]).toEqual([isSound ? 200 : 400, kept])
      }),
      { numRuns: 60, examples: nasty.map((name) => [name]) },
    )
  })

  it('filters by what it says, not by a pattern', async () => {
    for (const credentialName of ['per.cent', 'under_score', 'underXscore']) {
      await app.rest('POST', '/credentials', body({ name: 'c', credentialName }))
    }
    expect([await list('under_score'), await list('%'), await list('_')]).toEqual([1, 0, 0])
    expect(await list("x' or '1'='1")).toBe(0)
  })
})

describe('threat 27: what cannot be stored', () => {
  it.each([
    ['/apikey', { keyName: 'a\0b', permissions: ['chatflows:view'] }],
    ['/apikey', '{"keyName":"a\\u0000b","permissions":["chatflows:view"]}'],
    ['/apikey', '{"keyName":"\\ud800","permissions":["chatflows:view"]}'],
    ['/chatflows', '{"name":"\\udc00x"}'],
    ['/chatflows', { name: 'x', flowData: '{"nodes":[],"x":"\\u0000"}' }],
    ['/chatflows', { name: 'x', flowData: { nodes: [], x: '\0' } }],
    ['/credentials', '{"name":"x","credentialName":"y","plainDataObj":{"\\ud800":"x"}}'],
    ['/chatflows', '{"name":"x","flowData":{"__proto__":{}}}'],
    ['/chatflows', '{"__proto__":{"name":"x"},"name":"y"}'],
  ])('%s refuses %.60j', async (path, value) => {
    const answer = await app.rest('POST', path, body(value))
    expect([answer.status, answer.body['code']]).toEqual([400, 'BAD_REQUEST'])
  })

  it('is refused over GraphQL as over REST, in literals and variables', async () => {
    const { token } = app.owner
    const document = 'mutation ($name: String!) { createTool(name: $name) { id } }'
    for (const name of ['a\0b', '\ud800']) {
      expect((await app.gql(document, { name }, { token })).code).toBe('BAD_REQUEST')
    }
    const literal = 'mutation { createTool(name: "a\\u0000b") { id } }'
    expect((await app.gql(literal, {}, { token })).code).toBe('BAD_REQUEST')
  })

  it('addresses that differ by case or form are one', async () => {
    await app.addPerson({ email: 'Ångström@example.com' })
    const twin = app.addPerson({ email: 'A\u030angstro\u0308m@EXAMPLE.com' })
    await expect(twin).rejects.toThrow('app_user_email_unique')
  })
})

describe('threat 28: numbers and dates', () => {
  it.each([2_147_483_648, -1, 1e9, 1.5, '60', null, true, [60]])(
    'gracePeriod %j',
    async (gracePeriod) => {
      const { id } = await app.addKey()
      const { status } = await app.rest('POST', `/apikey/${id}/rotate`, body({ gracePeriod }))
      expect(status).toBe(gracePeriod === null ? 200 : 400)
    },
  )

  it.each(['0000-00-00T00:00:00Z', '2030-13-01T00:00:00Z', '+275761-01-01T00:00:00Z', '1e9', ''])(
    'expiresDate %j',
    async (expiresDate) => {
      const key = { keyName: 'x', permissions: ['chatflows:view'], expiresDate }
      expect((await app.rest('POST', '/apikey', body(key))).status).toBe(400)
      const query = `?unusedSince=${encodeURIComponent(expiresDate)}`
      const { token } = app.owner
      expect((await app.rest('GET', `/apikey${query}`, { token })).status).toBe(400)
    },
  )
})

describe('any JSON body', () => {
  const writing = routes.filter(({ method }) => method === 'POST' || method === 'PUT')

  it.each(writing)('$method $path answers with a sentence', async ({ method, path, field }) => {
    const operation = operationsOf(schema).find(({ name }) => name === field)
    const names = operation?.field.args.map(({ name }) => name) ?? []
    const target = path.replaceAll(/:\w+/g, app.owner.userId)
    const sample = operation ? sampleArgs(operation) : {}
    const odd = fc.record(Object.fromEntries(names.map((name) => [name, fc.jsonValue()])), {
      requiredKeys: [],
    })
    const nearly = odd.map((changes) => ({ ...sample, ...changes }))
    await fc.assert(
      fc.asyncProperty(fc.oneof(odd, nearly, fc.jsonValue()), async (sent) => {
        const answer = await app.rest(method, target, body(JSON.stringify(sent)))
        expect(answer.status).toBeLessThan(500)
        if (answer.status === 200) return
        expect(answer.body).toMatchObject({
          statusCode: answer.status,
          success: false,
          code: expect.any(String),
          message: expect.any(String),
          requestId: answer.headers.get('x-request-id'),
        })
      }),
      { numRuns: 12 },
    )
  })
})
