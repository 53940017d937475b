import { beforeAll, describe, expect, it } from 'vitest'
import { createFixture, errorOf, json, type Fixture } from '../server/fixture.ts'

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

const path = '/api/v1/auth/token'
const args = { grant_type: 'client_credentials', client_id: 'key_1', client_secret: 's e:c' }

function form(fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields), headers }
}

function basic(id: string, secret: string): Record<string, string> {
  const encoded = [id, secret].map(encodeURIComponent).join(':')
  return { authorization: `Basic ${Buffer.from(encoded).toString('base64')}` }
}

describe('the token endpoint', () => {
  it('takes the same arguments as form, as JSON, and by HTTP Basic', async () => {
    const { grant_type } = args
    for (const init of [
      form(args),
      json('POST', args),
      form({ grant_type }, basic(args.client_id, args.client_secret)),
      json('POST', { grant_type }, basic(args.client_id, args.client_secret)),
    ]) {
      const answer = await app.call(path, init)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual(args)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('pragma')).toBe('no-cache')
    }
  })

  it('refuses with the error names of RFC 6749 beside ours', async () => {
    const wrong = await app.call(path, form({ ...args, client_secret: 'x' }))
    expect(wrong.status).toBe(401)
    expect(await errorOf(wrong)).toMatchObject({
      code: 'UNAUTHENTICATED',
      error: 'invalid_client',
      error_description: 'No pair.',
    })
    const missing = await app.call(path, form({ grant_type: 'client_credentials' }))
    expect(missing.status).toBe(400)
    expect(await errorOf(missing)).toMatchObject({ error: 'invalid_request' })
  })

  it('answers a refused Basic login with a Basic challenge', async () => {
    const { grant_type } = args
    const answer = await app.call(path, form({ grant_type }, basic('key_1', 'x')))
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="flowgate"')
  })

  it('refuses a secret that comes twice', async () => {
    const twice = await app.call(path, form(args, basic('key_1', 's e:c')))
    expect(await errorOf(twice)).toMatchObject({ statusCode: 400, error: 'invalid_request' })
    const repeated = await app.call(path, {
      method: 'POST',
      body: 'client_id=a&client_id=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(repeated.status).toBe(400)
  })

  it('takes nothing from the query string', async () => {
    const answer = await app.call(`${path}?${new URLSearchParams(args)}`, { method: 'POST' })
    expect(answer.status).toBe(400)
  })
})
