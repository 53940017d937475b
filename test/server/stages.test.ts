import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createFixture, errorOf, json, type Fixture } from './fixture.ts'

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

const idFor = async (given: string) => {
  const answer = await app.call('/api/v1/things/none', { headers: { 'x-request-id': given } })
  const { requestId } = await errorOf(answer)
  expect(requestId).toBe(answer.headers.get('x-request-id'))
  return requestId
}

describe('request ids', () => {
  it('keeps a sane one and makes up the rest', async () => {
    expect(await idFor('abc-1.2_3')).toBe('abc-1.2_3')
    expect(await idFor('a%0d%0aSet-Cookie:x')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idFor('x'.repeat(101))).toMatch(/^[0-9a-f-]{36}$/)
  })
})

const challenge = async (authorization: string) => {
  const answer = await app.call('/api/v1/things', json('POST', { name: 'n' }, { authorization }))
  return [answer.status, answer.headers.get('www-authenticate')]
}

describe('headers of every answer', () => {
  it.each(['/api/v1/things', '/api/v1/nothing', '/api/v1/ping', '/', '/schema.graphql'])(
    'says nosniff and no-referrer on %s, and sets no cookie',
    async (target) => {
      const { headers } = await app.call(target)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('set-cookie')).toBeNull()
      expect(headers.get('x-request-id')).toBeTruthy()
    },
  )

  it('threat 8: keeps answers out of caches, refusals too', async () => {
    for (const target of ['/api/v1/things', '/api/v1/auth/login', '/api/v1/widget/t1']) {
      expect((await app.call(target)).headers.get('cache-control')).toBe('no-store')
    }
  })

  it('challenges as RFC 6750 says', async () => {
    expect(await challenge('none')).toEqual([401, 'Bearer realm="flowgate"'])
    expect(await challenge('Bearer x')).toEqual([
      401,
      'Bearer realm="flowgate", error="invalid_token"',
    ])
    expect(await challenge('Bearer viewer')).toEqual([
      403,
      'Bearer realm="flowgate", error="insufficient_scope"',
    ])
    expect(await challenge('Bearer good')).toEqual([200, null])
  })

  it('passes Retry-After on', async () => {
    const answer = await app.call(
      '/api/v1/auth/login',
      json('POST', { username: 'u', password: 'p' }),
    )
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
    const away = await app.call('/api/v1/things', { headers: { authorization: 'Bearer away' } })
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1'])
  })
})

describe('CORS', () => {
  it.each([
    'https://evil.example',
    'null',
    'https://allowed.example.evil.com',
    'http://allowed.example',
  ])('threat 34: lets no page of %s read an answer', async (origin) => {
    const listed = await createFixture({ CORS_ORIGINS: 'https://allowed.example' })
    for (const http of [app, listed]) {
      const { headers } = await http.call('/api/v1/things', { headers: { origin } })
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('threat 34: names a listed origin, without credentials, and says what it hangs on', async () => {
    const listed = await createFixture({ CORS_ORIGINS: 'https://allowed.example' })
    const origin = 'https://allowed.example'
    const { headers } = await listed.call('/api/v1/things', { headers: { origin } })
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('vary')).toBe('Origin')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
    const other = await listed.call('/api/v1/things')
    expect(other.headers.get('vary')).toBe('Origin')
  })

  it('answers preflights of listed origins', async () => {
    const listed = await createFixture({ CORS_ORIGINS: 'https://allowed.example' })
    const ask = (origin: string) =>
      listed.call('/api/v1/things/t1', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PUT' },
      })
    const yes = await ask('https://allowed.example')
    expect(yes.status).toBe(204)
    expect(yes.headers.get('access-control-allow-methods')).toContain('PUT')
    expect(yes.headers.get('access-control-allow-headers')).toContain('Authorization')
    const no = await ask('https://evil.example')
    expect(no.headers.get('access-control-allow-origin')).toBeNull()
    expect(no.headers.get('access-control-allow-methods')).toBeNull()
  })

  it('lets any page read what a widget calls, its errors too', async () => {
    for (const path of ['/api/v1/widget/t1', '/api/v1/widget/t1?x=1']) {
      const { headers } = await app.call(path, { headers: { origin: 'https://any.example' } })
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    }
    const wrong = await app.call('/api/v1/widget/t1', { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('access-control-allow-origin')]).toEqual([405, '*'])
  })
})

const addressOf = async (env: Record<string, string>, forwarded: string) => {
  const http = await createFixture(env)
  await http.call('/api/v1/things', { headers: { 'x-forwarded-for': forwarded } })
  return http.lines.find((line) => line['msg'] === 'request')?.['address']
}

describe('the access log', () => {
  it('threat 8, threat 53: shows the route and who called, never the path', async () => {
    const answer = await app.call('/api/v1/things/sk_verysecretid?key=sk_alsosecret')
    const requestId = answer.headers.get('x-request-id')
    const lines = app.lines.filter((line) => line['requestId'] === requestId)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      method: 'GET',
      route: '/api/v1/things/:id',
      status: 404,
      address: '192.0.2.1',
      userId: 'u1',
      workspaceId: 'w1',
    })
    expect(JSON.stringify(lines)).not.toContain('secret')
    const unknown = await app.call('/api/v1/verify/sk_verysecretid/x')
    const id = unknown.headers.get('x-request-id')
    const line = app.lines.find(({ requestId }) => requestId === id)
    expect(line).toMatchObject({ route: null, status: 404 })
    expect(JSON.stringify(line)).not.toContain('secret')
  })

  it('threat 39: believes X-Forwarded-For from as many proxies as configured', async () => {
    expect(await addressOf({}, '1.2.3.4')).toBe('192.0.2.1')
    expect(await addressOf({ TRUST_PROXY: '1' }, '6.6.6.6, 1.2.3.4')).toBe('1.2.3.4')
    expect(await addressOf({ TRUST_PROXY: '2' }, '6.6.6.6, 1.2.3.4:99, 5.5.5.5')).toBe('1.2.3.4')
    expect(await addressOf({ TRUST_PROXY: '1' }, '[2001:db8::1]:443')).toBe('2001:db8::1')
    expect(await addressOf({ TRUST_PROXY: '1' }, 'not an address')).toBe('192.0.2.1')
  })

  it('warns once of a forwarded address that is not believed', async () => {
    const http = await createFixture()
    for (let n = 0; n < 3; n += 1) {
      await http.call('/api/v1/ping', { headers: { 'x-forwarded-for': '1.2.3.4' } })
    }
    expect(http.lines.filter((line) => line['level'] === 'warn')).toHaveLength(1)
  })
})

const post = (body: BodyInit, headers: Record<string, string> = {}, path = '/api/v1/things') =>
  app.call(path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  })

describe('threat 35: bodies', () => {
  it('threat 35: refuses a body over 10 MB, and over 64 kB on auth routes', async () => {
    const big = await post(JSON.stringify({ name: 'n'.repeat(10_485_760) }))
    expect(big.status).toBe(413)
    const auth = JSON.stringify({ username: 'u', password: 'p'.repeat(65_536) })
    expect((await post(auth, {}, '/api/v1/auth/login')).status).toBe(413)
    expect((await post(JSON.stringify({ name: 'n'.repeat(70_000) }))).status).toBe(200)
  })

  it('threat 35: counts a body that declares no length, and stops reading at the limit', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(32))
      },
    })
    expect((await post(endless)).status).toBe(413)
    expect(sent).toBeLessThan(11_000_000)
  })

  it('threat 35: refuses compressed bodies', async () => {
    expect((await post('x', { 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await post('{"name":"n"}', { 'content-encoding': 'identity' })).status).toBe(200)
  })

  it.each([
    '{"__proto__":{"x":1},"name":"n"}',
    '{"name":"n","data":{"a":[{"__proto__":1}]}}',
    '{"\\u005f_proto__":{"x":1},"name":"n"}',
  ])('threat 35: refuses %s', async (body) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect((await errorOf(answer)).message).toBe('The body sets __proto__, which is refused.')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('threat 35: refuses a body that is nested a million deep, at once', async () => {
    const deep = `{"name":"n","data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`
    const start = performance.now()
    const answer = await post(deep)
    expect(performance.now() - start).toBeLessThan(200)
    expect(answer.status).toBe(400)
    expect((await errorOf(answer)).message).toContain('64 levels')
  })

  it('threat 35: takes 64 levels, and brackets in text are none', async () => {
    const nested = `${'['.repeat(63)}${']'.repeat(63)}`
    expect((await post(`{"name":"n","data":${nested}}`)).status).toBe(200)
    expect((await post(`{"name":"n","data":[${nested}]}`)).status).toBe(400)
    const text = JSON.stringify({ name: `\\"${'['.repeat(100)}` })
    expect((await post(text)).status).toBe(200)
  })

  it.each([
    '{"name":"a\\u0000b"}',
    '{"a\\u0000b":1,"name":"n"}',
    '{"name":"n","data":{"\\ud800":1}}',
  ])('threat 27: refuses %s', async (body) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect((await errorOf(answer)).message).toBe(
      'The body holds a NUL or half of a surrogate pair.',
    )
  })

  it('takes escaped pairs, and refuses what is not UTF-8', async () => {
    expect(await (await post('{"name":"\\ud83d\\ude00"}')).json()).toEqual({ name: '\u{1f600}' })
    const latin = new Uint8Array([...Buffer.from('{"name":"'), 0xe9, ...Buffer.from('"}')])
    expect((await errorOf(await post(latin))).message).toBe('The body is not valid UTF-8.')
    const type = { 'content-type': 'application/json; charset=latin1' }
    expect((await post('{"name":"n"}', type)).status).toBe(415)
    const named = { 'content-type': 'application/json; Charset="UTF-8"' }
    expect((await post('{"name":"n"}', named)).status).toBe(200)
  })

  it('needs no type where there is no body', async () => {
    const answer = await app.call('/api/v1/things/t1', { method: 'PUT' })
    expect(await answer.json()).toEqual({ id: 't1' })
  })
})

describe('a body that comes too slowly', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('threat 36: is given up, and the connection with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"name":')
      await new Promise(() => undefined)
    }
    const answer = app.handle({
      method: 'POST',
      target: '/api/v1/things',
      headers: { authorization: 'Bearer good', 'content-type': 'application/json' },
      peer: '192.0.2.1',
      body: endless(),
      signal: new AbortController().signal,
    })
    await vi.advanceTimersByTimeAsync(31_000)
    const { status, headers, body } = await answer
    expect(status).toBe(400)
    expect(headers['connection']).toBe('close')
    expect(body).toContain('did not come in time')
  })
})
