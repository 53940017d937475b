import { beforeAll, describe, expect, it } from 'vitest'
import { prepareOperations } from '../../src/rest/sofa.ts'
import { createFixture, errorOf, fixtureSchema, json, type Fixture } from '../server/fixture.ts'

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

describe('what SOFA alone gets wrong', () => {
  it('feeds no argument of a body from the query string', async () => {
    const target = '/api/v1/things?name=fromQuery'
    const missing = await app.call(target, json('POST', {}))
    expect(missing.status).toBe(400)
    expect((await errorOf(missing)).message).toBe('name is required.')
    const given = await app.call(target, json('POST', { name: 'fromBody' }))
    expect(await given.json()).toEqual({ name: 'fromBody' })
  })

  it('takes ids from the path alone', async () => {
    const answer = await app.call('/api/v1/things/t1', json('PUT', { id: 'other', name: 'n' }))
    expect(await answer.json()).toEqual({ id: 't1', name: 'n' })
  })

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])(
    'refuses a body of %s with 415',
    async (type) => {
      const answer = await app.call('/api/v1/things', {
        ...json('POST', { name: 'n' }),
        headers: { 'content-type': type },
      })
      expect(answer.status).toBe(415)
      expect((await errorOf(answer)).code).toBe('UNSUPPORTED_MEDIA_TYPE')
    },
  )

  it.each(['null', '[]', '"text"', '5', 'true'])(
    'refuses the body %s in one sentence',
    async (body) => {
      const answer = await app.call('/api/v1/things', json('POST', body))
      expect(answer.status).toBe(400)
      expect((await errorOf(answer)).message).toBe('The body must be a JSON object.')
    },
  )

  it('refuses malformed JSON without quoting it', async () => {
    const answer = await app.call('/api/v1/auth/login', json('POST', '{"password":"hunter2",'))
    expect(answer.status).toBe(400)
    // The place and nothing of the text.
    expect((await errorOf(answer)).message).toMatch(
      /^The body is not valid JSON(, at position \d+)?\.$/,
    )
  })

  it('answers an unknown path with 404 in JSON', async () => {
    const answer = await app.call('/api/v1/nothing')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual({
      statusCode: 404,
      success: false,
      code: 'NOT_FOUND',
      message: 'There is nothing at this path.',
      requestId: answer.headers.get('x-request-id'),
    })
  })

  it.each([
    '/api/v1/things/',
    '/API/v1/things',
    '/api/v1/Things',
    '//api/v1/things',
    '/api/v1//things',
  ])('answers 404 for %s', async (path) => {
    const answer = await app.call(path)
    expect(answer.status).toBe(404)
    expect((await errorOf(answer)).code).toBe('NOT_FOUND')
  })

  it('answers a wrong method with 405 and Allow', async () => {
    const answer = await app.call('/api/v1/things', { method: 'PATCH' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST')
    expect((await errorOf(answer)).code).toBe('METHOD_NOT_ALLOWED')
  })

  it('answers HEAD as GET without the body', async () => {
    const [head, get] = [
      await app.call('/api/v1/things', { method: 'HEAD' }),
      await app.call('/api/v1/things'),
    ]
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
  })

  it('answers OPTIONS with what the path allows', async () => {
    const answer = await app.call('/api/v1/things/t1', { method: 'OPTIONS' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PUT')
    expect((await app.call('/api/v1/nothing', { method: 'OPTIONS' })).status).toBe(404)
  })

  it('mounts no webhook and nothing else beside the table', async () => {
    for (const path of ['/webhook', '/api/v1/webhook', '/api/v1/webhook/1', '/api/v1/thing-page']) {
      expect((await app.call(path, json('POST', { url: 'http://127.0.0.1' }))).status).toBe(404)
    }
  })

  it('keeps an explicit null, and tells it from an absent field', async () => {
    const body = { name: 'n', apikeyid: null, data: { deep: null } }
    const answer = await app.call('/api/v1/things/t1', json('PUT', body))
    expect(await answer.json()).toEqual({ id: 't1', ...body })
  })

  it('ignores fields that are no argument, in nested objects too', async () => {
    const body = { name: 'n', workspaceId: 'w2', limits: { most: 1, more: 2 } }
    const answer = await app.call('/api/v1/things', json('POST', body))
    expect(await answer.json()).toEqual({ name: 'n', limits: { most: 1 } })
  })

  it('masks an unexpected error, and logs it under the request id', async () => {
    const answer = await app.call('/api/v1/things?color=BLUE')
    expect(answer.status).toBe(500)
    const body = await errorOf(answer)
    expect(body.code).toBe('INTERNAL')
    expect(JSON.stringify(body)).not.toContain('secret')
    const logged = app.lines.find((line) => line['requestId'] === body.requestId && line['err'])
    expect(JSON.stringify(logged)).toContain('select secret from things')
  })

  it('answers a malformed id as an unknown one', async () => {
    const [malformed, unknown] = [
      await app.call('/api/v1/things/%F0%9F%98%80'),
      await app.call('/api/v1/things/0190e3d4-0000-7000-8000-000000000000'),
    ]
    expect([malformed.status, unknown.status]).toEqual([404, 404])
  })

  it('sends one Content-Type', async () => {
    for (const target of ['/api/v1/things', '/api/v1/things/none']) {
      const answer = await app.call(target)
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    }
  })

  it('answers 401 before it says how to call', async () => {
    const anonymous = { authorization: 'none' }
    const badBody = await app.call('/api/v1/things', json('POST', {}, anonymous))
    expect(badBody.status).toBe(401)
    const badPage = await app.call('/api/v1/things?page=0', { headers: anonymous })
    expect(badPage.status).toBe(401)
    const viewer = { authorization: 'Bearer viewer' }
    expect((await app.call('/api/v1/things', json('POST', {}, viewer))).status).toBe(403)
  })

  it('fails at the start when the table names a field that is not there', async () => {
    await expect(prepareOperations(fixtureSchema, ['Query.gone'])).rejects.toThrow('Query.gone')
  })
})
