import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyPermissions } from '../src/core/permissions.ts'
import { isSecret, mask } from '../src/core/secret.ts'
import { startApp, type Answer, type Key, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const create = (fields: object, token = app.owner.token): Promise<Answer<Key>> => {
  const body = { keyName: 'K', permissions: ['chatflows:read'], ...fields }
  return app.rest<Key>('POST', '/apikey', { token, body })
}
const verify = (key: string): Promise<Answer<Row>> => app.rest('GET', `/verify/apikey/${key}`)
const asOwner = <T = Row>(method: string, path: string, body?: object): Promise<Answer<T>> =>
  app.rest<T>(method, path, { token: app.owner.token, ...(body && { body }) })

describe('creating', () => {
  it('echoes permissions verbatim, and shows two secrets once', async () => {
    const permissions = ['predictions:create', 'chatflows:read', 'chatflows:view']
    const { body } = await create({ keyName: 'Cafe\u0301', permissions })
    expect(body).toMatchObject({ keyName: 'Café', permissions, expiresDate: null, chatFlows: [] })
    expect(body).toMatchObject({ usageCount: 0, lastUsedDate: null, rateLimit: null })
    expect([isSecret(body.apiKey), isSecret(body.apiSecret)]).toEqual([true, true])
    const read = await asOwner('GET', `/apikey/${body.id}`)
    expect(read.body).not.toHaveProperty('apiSecret')
    expect(read.body['apiKey']).toBe(mask(body.apiKey))
    const { apiKey: _key, apiSecret: _secret, ...rest } = body
    const { apiKey: _mask, ...shown } = read.body
    expect(shown).toEqual(rest)
  })

  it.each([
    [['*']],
    [['admin:all']],
    [['apikeys:view']],
    [['chatflows:view ']],
    [['CHATFLOWS:VIEW']],
    [[null]],
    [[]],
    [Array(10_000).fill('chatflows:view')],
    ['chatflows:view'],
    [null],
    [{ 0: 'chatflows:view' }],
  ])('threat 16: %.40j is no list of permissions', async (permissions) => {
    const { status, body } = await create({ permissions })
    expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
  })

  it('threat 16: nobody grants a key what they lack themselves', async () => {
    const { workspaceId } = app.owner
    const held = ['apikeys:create', 'apikeys:update', 'chatflows:view', 'predictions:create']
    const { token } = await app.addPerson({ workspaceId, permissions: held })
    const refused = await create({ permissions: ['tools:delete'] }, token)
    expect([refused.status, refused.body['code']]).toEqual([403, 'FORBIDDEN'])
    expect(refused.body['message']).toContain('tools:delete')
    const own = await create({ permissions: ['chatflows:read', 'predictions:create'] }, token)
    expect(own.status).toBe(200)
    const body = { permissions: ['predictions:create', 'tools:delete'] }
    const path = `/apikey/${own.body.id}`
    expect((await app.rest('PUT', path, { token, body })).status).toBe(403)
    const all = await create({ permissions: [...keyPermissions] })
    expect(all.body.permissions).toEqual(keyPermissions)
  })

  it.each([
    [{ keyName: '' }],
    [{ keyName: 'x'.repeat(201) }],
    [{ keyName: 7 }],
    [{ expiresDate: '2020-01-01T00:00:00.000Z' }],
    [{ expiresDate: 'tomorrow' }],
    [{ expiresDate: 4_102_444_800_000 }],
    [{ rateLimit: { limit: 0, windowSeconds: 60 } }],
    [{ rateLimit: { limit: 5 } }],
    [{ rateLimit: { limit: 5, windowSeconds: 2 ** 31 } }],
    [{ rateLimit: 5 }],
  ])('refuses %.60j', async (fields) => {
    const { status, body } = await create(fields)
    expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
  })

  it('threat 15: neither secret is anywhere in the database', async () => {
    const { body } = await create({ permissions: ['chatflows:read'] })
    const rows = await app.app.deps.database
      .workspaceEm({ workspaceId: app.owner.workspaceId })
      .transactional((em) => em.execute('select * from api_key'))
    const dump = JSON.stringify(rows)
    expect(dump).toContain(body.id)
    for (const secret of [body.apiKey, body.apiSecret]) expect(dump).not.toContain(secret.slice(8))
    expect((await asOwner('GET', '/apikey')).text).not.toContain(body.apiKey)
  })
})

describe('changing', () => {
  it('is partial; null clears, absent stays', async () => {
    const expiresDate = '2099-01-01T00:00:00.000Z'
    const rateLimit = { limit: 5, windowSeconds: 60 }
    const { body: key } = await create({ expiresDate, rateLimit })
    const path = `/apikey/${key.id}`
    const renamed = await asOwner('PUT', path, { keyName: 'New' })
    expect(renamed.body).toMatchObject({ keyName: 'New', expiresDate, rateLimit })
    const cleared = await asOwner('PUT', path, { expiresDate: null, rateLimit: null })
    expect(cleared.body).toMatchObject({ keyName: 'New', expiresDate: null, rateLimit: null })
    expect((await asOwner('PUT', path, { keyName: null })).status).toBe(400)
    expect((await asOwner('PUT', path, { permissions: [] })).status).toBe(400)
    expect((await verify(key.apiKey)).status).toBe(200)
  })

  it('takes effect at once', async () => {
    const { body: key } = await create({ permissions: ['predictions:create'] })
    const { id } = await app.addFlow()
    const ask = async () => {
      const call = { token: key.apiKey, body: { question: 'Hi' } }
      return (await app.rest('POST', `/prediction/${id}`, call)).status
    }
    expect(await ask()).toBe(200)
    await asOwner('PUT', `/apikey/${key.id}`, { permissions: ['tools:view'] })
    expect(await ask()).toBe(403)
    await asOwner('PUT', `/apikey/${key.id}`, { permissions: ['predictions:create'] })
    expect(await ask()).toBe(200)
    await asOwner('DELETE', `/apikey/${key.id}`)
    expect(await ask()).toBe(401)
  })

  it('rotates with a grace in which the old secrets work, and not beyond', async () => {
    const { body: old } = await create({})
    const rotated = await asOwner<Key>('POST', `/apikey/${old.id}/rotate`, { gracePeriod: 60 })
    expect(rotated.body).toMatchObject({ id: old.id, permissions: old.permissions })
    expect(
      new Set([old.apiKey, old.apiSecret, rotated.body.apiKey, rotated.body.apiSecret]).size,
    ).toBe(4)
    for (const { apiKey } of [old, rotated.body]) expect((await verify(apiKey)).status).toBe(200)
    await app.exchange(old)
    app.clock.advance(61)
    expect((await verify(old.apiKey)).status).toBe(401)
    expect((await verify(rotated.body.apiKey)).status).toBe(200)
  })

  it('rotates without a grace by default', async () => {
    const { body: old } = await create({})
    expect((await verify(old.apiKey)).status).toBe(200)
    await asOwner('POST', `/apikey/${old.id}/rotate`)
    expect((await verify(old.apiKey)).status).toBe(401)
    await expect(app.exchange(old)).rejects.toThrow('The key was not exchanged')
    for (const gracePeriod of [-1, 1.5, '60', 2 ** 31]) {
      const { status } = await asOwner('POST', `/apikey/${old.id}/rotate`, { gracePeriod })
      expect(status).toBe(400)
    }
  })
})

describe('verifying', () => {
  it('tells of a live key', async () => {
    const expiresDate = '2099-01-01T00:00:00.000Z'
    const { body: key } = await create({ expiresDate })
    const { body } = await verify(key.apiKey)
    expect(body).toEqual({
      valid: true,
      id: key.id,
      keyName: 'K',
      permissions: ['chatflows:read'],
      workspaceId: app.owner.workspaceId,
      expiresDate,
    })
    expect((await app.rest('GET', `/verify/apikey/${key.apiKey}`, { token: 'stale' })).status).toBe(
      200,
    )
  })

  it('threat 9: malformed, unknown, expired, rotated and deleted are one answer', async () => {
    const [deleted, rotated] = [(await create({})).body, (await create({})).body]
    await asOwner('DELETE', `/apikey/${deleted.id}`)
    await asOwner('POST', `/apikey/${rotated.id}/rotate`)
    const soon = new Date(app.clock.now().getTime() + 60_000).toISOString()
    const expired = (await create({ expiresDate: soon })).body
    expect((await verify(expired.apiKey)).status).toBe(200)
    app.clock.advance(61)
    const secretOfOther = (await create({})).body.apiSecret
    const texts = [deleted.apiKey, rotated.apiKey, expired.apiKey, secretOfOther, 'x', 'sk_x']
    for (const text of texts) {
      const { status, body } = await verify(text)
      expect(status).toBe(401)
      expect({ ...body, requestId: '' }).toEqual({
        statusCode: 401,
        success: false,
        code: 'UNAUTHENTICATED',
        message: 'This is not a live API key.',
        requestId: '',
      })
    }
  })

  it('threat 8: leaves the key in no log line', async () => {
    const { body: key } = await create({})
    const before = app.logs.length
    await verify(key.apiKey)
    await verify(`${key.apiKey.slice(0, -1)}~`)
    await app.rest('GET', `/verify/apikey/${key.apiKey}/`)
    const lines = app.logs.slice(before)
    expect(lines.length).toBeGreaterThan(2)
    expect(lines.join('')).not.toContain(key.apiKey.slice(3, 20))
    const { headers } = await verify(key.apiKey)
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
  })
})

describe('listing', () => {
  it('finds stale keys, and pages like the whole', async () => {
    const person = await app.addPerson()
    const { token } = person
    for (const keyName of ['one', 'two', 'three']) await create({ keyName }, token)
    const names = async (query: string): Promise<unknown> => {
      const { body } = await app.rest<Row[] | { data: Row[]; total: number }>(
        'GET',
        `/apikey${query}`,
        { token },
      )
      return Array.isArray(body)
        ? body.map(({ keyName }) => keyName)
        : [body.total, ...body.data.map(({ keyName }) => keyName)]
    }
    expect(await names('')).toEqual(['three', 'two', 'one'])
    expect(await names('?page=2&limit=2')).toEqual([3, 'one'])
    expect(await names('?unusedSince=2000-01-01T00:00:00Z')).toEqual([])
    expect(await names('?unusedSince=2099-01-01T00:00:00Z')).toHaveLength(3)
  })

  it('answers one sentence for what is not there', async () => {
    for (const id of ['key_000', 'nonsense', '%00', app.owner.userId]) {
      const { status, body } = await asOwner('GET', `/apikey/${id}`)
      expect([status, body['code']]).toEqual([404, 'NOT_FOUND'])
    }
  })
})
