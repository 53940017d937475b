import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../src/rest/routes.ts'
import { startApp, type Answer, type Key, type TestApp } from './harness.ts'

let app: TestApp
let key: Key

beforeAll(async () => {
  app = await startApp()
  key = await app.addKey({ permissions: ['chatflows:read', 'chatflows:create', 'tools:view'] })
})
afterAll(() => app.close())

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const grant = { grant_type: 'client_credentials' }

const token = (body: unknown, headers = {}): Promise<Answer<Record<string, string>>> =>
  app.rest('POST', '/auth/token', { body, headers })

const client = (): object => ({ ...grant, client_id: key.id, client_secret: key.apiSecret })

function basic(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

describe('the client-credentials grant', () => {
  it('takes form, JSON and HTTP Basic alike', async () => {
    const asForm = new URLSearchParams({ ...client() }).toString()
    const ways = [
      await token(client()),
      await token(asForm, form),
      await token('grant_type=client_credentials', { ...form, ...basic(key.id, key.apiSecret) }),
      await token(grant, basic(key.id, key.apiSecret)),
    ]
    for (const { status, body, headers } of ways) {
      expect(status).toBe(200)
      expect(body).toEqual({
        access_token: expect.stringMatching(/^eyJ/),
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'chatflows:read chatflows:create tools:view',
      })
      expect(headers.get('cache-control')).toBe('no-store')
    }
    const jwt = String(ways[0]?.body['access_token'])
    expect(decodeProtectedHeader(jwt)).toMatchObject({ typ: 'at+jwt', alg: 'HS256' })
    expect(decodeJwt(jwt)).toMatchObject({ sub: key.id, aud: 'flowgate:key' })
  })

  it('narrows to a scope, under either name of a permission', async () => {
    const { body } = await token({ ...client(), scope: 'chatflows:view' })
    expect(body['scope']).toBe('chatflows:view')
    const narrow = String(body['access_token'])
    expect((await app.rest('GET', '/chatflows', { token: narrow })).status).toBe(200)
    expect((await app.rest('GET', '/tools', { token: narrow })).status).toBe(403)
  })

  it.each([
    [{ scope: 'tools:delete' }, 400, 'invalid_scope'],
    [{ scope: 'tools:view nonsense' }, 400, 'invalid_scope'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ grant_type: undefined }, 400, 'invalid_request'],
    [{ client_secret: 'sk_x' }, 401, 'invalid_client'],
    [{ client_id: 'key_unknown' }, 401, 'invalid_client'],
    [{ client_secret: undefined }, 401, 'invalid_client'],
    [{ client_id: 7 }, 400, 'invalid_request'],
  ])('refuses %j with status %i and %s', async (changes, status, error) => {
    const answer = await token({ ...client(), ...changes })
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error, error_description: answer.body['message'] })
    expect(answer.body).toMatchObject({ statusCode: status, success: false })
  })

  it('answers a refused Basic in kind, and a secret sent twice as a bad request', async () => {
    const wrong = await token(grant, basic(key.id, 'sk_wrong'))
    expect(wrong.status).toBe(401)
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /)
    const twice = await token(client(), basic(key.id, key.apiSecret))
    expect([twice.status, twice.body['error']]).toEqual([400, 'invalid_request'])
    const repeated = 'grant_type=client_credentials&grant_type=client_credentials'
    expect((await token(repeated, form)).status).toBe(400)
  })

  it('takes the secret and not the key, and overlooks a stale bearer', async () => {
    const swapped = { ...grant, client_id: key.id, client_secret: key.apiKey }
    expect((await token(swapped)).status).toBe(401)
    expect((await token(client(), { authorization: 'Bearer stale' })).status).toBe(200)
  })
})

describe('threat 19: the exchanged token', () => {
  it('does what the key holds, where the bare key is shown the way', async () => {
    const jwt = await app.exchange(key)
    const body = { name: 'By token' }
    const bare = await app.rest('POST', '/chatflows', { token: key.apiKey, body })
    expect(bare.status).toBe(403)
    expect(bare.body['message']).toMatch(/\/api\/v1\/auth\/token.*client_credentials/)
    expect((await app.rest('POST', '/chatflows', { token: jwt, body })).status).toBe(200)
    expect((await app.rest('GET', '/tools', { token: jwt })).status).toBe(200)
    expect((await app.rest('POST', '/tools', { token: jwt, body })).status).toBe(403)
  })

  it('never manages keys, users or workspaces', async () => {
    const all = await app.addKey()
    const jwt = await app.exchange(all)
    const personal = routes.filter(
      ({ path, tag }) => ['API keys', 'Workspaces'].includes(tag) && !path.startsWith('/verify'),
    )
    expect(personal.length).toBeGreaterThan(7)
    for (const { method, path } of personal) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      const target = path.replaceAll(/:\w+/g, all.id)
      const { status } = await app.rest(method, target, { token: jwt, body })
      expect([method, path, status]).toEqual([method, path, 403])
    }
  })

  it('shrinks with its key, and dies with it', async () => {
    const made = await app.addKey({ permissions: ['chatflows:view', 'tools:view'] })
    const jwt = await app.exchange(made)
    const status = async (path: string) => (await app.rest('GET', path, { token: jwt })).status
    expect([await status('/chatflows'), await status('/tools')]).toEqual([200, 200])
    const { token: owner } = app.owner
    const body = { permissions: ['tools:view', 'credentials:view'] }
    await app.rest('PUT', `/apikey/${made.id}`, { token: owner, body })
    expect([await status('/chatflows'), await status('/tools')]).toEqual([403, 200])
    // Nor does it grow beyond what it was given.
    expect(await status('/credentials')).toBe(403)
    await app.rest('DELETE', `/apikey/${made.id}`, { token: owner })
    expect(await status('/tools')).toBe(401)
  })

  it('expires', async () => {
    const jwt = await app.exchange(key)
    app.clock.advance(906)
    expect((await app.rest('GET', '/tools', { token: jwt })).status).toBe(401)
  })
})

describe('API_KEYS_MANAGE=true', () => {
  it("lets a bare key's permissions decide, but for keys and workspaces", async () => {
    const open = await startApp({ env: { API_KEYS_MANAGE: 'true' } })
    const { apiKey } = await open.addKey({ permissions: ['chatflows:create', 'chatflows:view'] })
    const made = await open.rest('POST', '/chatflows', { token: apiKey, body: { name: 'X' } })
    expect(made.status).toBe(200)
    expect((await open.rest('GET', '/chatflows', { token: apiKey })).status).toBe(200)
    const path = `/chatflows/${made.body.id}`
    expect((await open.rest('DELETE', path, { token: apiKey })).status).toBe(403)
    expect((await open.rest('GET', '/apikey', { token: apiKey })).status).toBe(403)
    expect((await open.rest('GET', '/workspaces', { token: apiKey })).status).toBe(403)
    await open.close()
  })
})
