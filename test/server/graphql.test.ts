import { beforeAll, describe, expect, it } from 'vitest'
import { calls, createFixture, json, type Fixture } from './fixture.ts'

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

interface Result {
  readonly data?: unknown
  readonly errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[]
}

const strict = 'application/graphql-response+json'

async function ask(query: unknown, init: { accept?: string; authorization?: string } = {}) {
  const headers: Record<string, string> = {
    accept: init.accept ?? 'application/json',
    ...(init.authorization && { authorization: init.authorization }),
  }
  const body = typeof query === 'string' ? { query } : query
  const answer = await app.call('/graphql', json('POST', body, headers))
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as Result) }
}

/** Refused before anything ran, with a code: 400, or 200 for clients of plain JSON. */
async function expectRefused(query: string) {
  const before = { ...calls }
  const start = performance.now()
  const { status, errors, data } = await ask(query, { accept: strict })
  const took = performance.now() - start
  expect(data).toBeUndefined()
  expect(errors?.[0]?.extensions['code']).toBe('BAD_REQUEST')
  expect(status).toBe(400)
  expect((await ask(query)).status).toBe(200)
  expect(calls).toEqual(before)
  return { message: errors?.[0]?.message ?? '', took }
}

describe('GraphQL over HTTP', () => {
  it('answers a query, in the media type asked for', async () => {
    const plain = await ask('{ things { name } }')
    expect(plain.data).toEqual({ things: [1, 2, 3].map((n) => ({ name: `thing ${n}` })) })
    expect(plain.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const modern = await ask('{ things { name } }', { accept: strict })
    expect(modern.headers.get('content-type')).toBe(`${strict}; charset=utf-8`)
    expect(modern.headers.get('cache-control')).toBe('no-store')
  })

  it('carries a refusal with the field, and leaves the status alone', async () => {
    const refused = await ask('{ thing(id: "none") { name } }', { accept: strict })
    expect(refused.status).toBe(200)
    expect(refused.data).toBeNull()
    expect(refused.errors?.[0]).toMatchObject({
      message: 'There is no such thing.',
      path: ['thing'],
      extensions: { code: 'NOT_FOUND', requestId: refused.headers.get('x-request-id') },
    })
    const anonymous = await ask('{ things { name } }', { authorization: 'none' })
    expect([anonymous.status, anonymous.errors?.[0]?.extensions['code']]).toEqual([
      200,
      'UNAUTHENTICATED',
    ])
  })

  it('masks an unexpected error and logs it', async () => {
    const { errors } = await ask('{ things(color: BLUE) { name } }')
    expect(errors?.[0]?.extensions['code']).toBe('INTERNAL')
    expect(JSON.stringify(errors)).not.toContain('secret')
    const requestId = errors?.[0]?.extensions['requestId']
    expect(app.lines.some((line) => line['requestId'] === requestId && line['err'])).toBe(true)
  })

  it('refuses wrong variables in words, not as a fault of ours', async () => {
    const query = 'query ($page: Int!) { thingPage(page: $page, limit: 1) { total } }'
    const { status, errors } = await ask({ query, variables: { page: 'x' } })
    expect(status).toBe(200)
    expect(errors?.[0]?.extensions['code']).toBe('BAD_REQUEST')
    expect(errors?.[0]?.message).toContain('"$page"')
  })

  it('answers 503 while callers cannot be known', async () => {
    const { status, errors, headers } = await ask('{ things { name } }', {
      authorization: 'Bearer away',
    })
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(errors?.[0]?.extensions['code']).toBe('UNAVAILABLE')
  })

  it('tells when to come back', async () => {
    const { errors } = await ask('mutation { login(username: "u", password: "p") }')
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 7 })
  })

  it('streams the result to whoever asks for events', async () => {
    const headers = { accept: 'text/event-stream' }
    const answer = await app.call('/graphql', json('POST', { query: '{ things { id } }' }, headers))
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(await answer.text()).toContain('data: {"data":{"things":[{"id":"t1"}')
  })

  it('names the operation in the log', async () => {
    await ask('query Named { things { name } }')
    expect(app.lines.some((line) => line['operation'] === 'Named')).toBe(true)
  })
})

const login = (alias: string) => `${alias}: login(username: "u", password: "p")`

describe('threat 30: batches and aliases around a limit', () => {
  it('threat 30: refuses several secrets in one operation before any is looked at', async () => {
    await expectRefused(`mutation { ${login('a')} ${login('b')} }`)
    await expectRefused(`mutation { ...A ...B } fragment A on Mutation { ${login('a')} }
      fragment B on Mutation { ... { ${login('b')} } }`)
    const { message } = await expectRefused(`mutation { ${login('a')}
      token(grant_type: "g", client_id: "c", client_secret: "s") }`)
    expect(message).toContain('one secret at most')
    const hundred = Array.from({ length: 100 }, (_, n) => login(`a${n}`)).join(' ')
    await expectRefused(`mutation { ${hundred} }`)
  })

  it('threat 30: refuses an array body', async () => {
    const answer = await app.call('/graphql', json('POST', [{ query: '{ __typename }' }]))
    expect(answer.status).toBe(400)
  })
})

const nest = (depth: number) => `${'down { '.repeat(depth)}level${' }'.repeat(depth)}`

describe('threat 31: operations that cost too much', () => {
  it.each([
    ['depth', `{ things { self { ${nest(20)} } } }`],
    [
      'depth behind a fragment named __schema',
      `{ things { ...__schema } }
      fragment __schema on Thing { self { ${nest(20)} } }`,
    ],
    ['aliases', `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: things { name }`).join(' ')} }`],
    [
      'aliases of __typename',
      `{ ${Array.from({ length: 200 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
    ],
    ['tokens', `{ ${'__typename '.repeat(10_000)} }`],
    ['directives', `{ things { name ${'@include(if: true) '.repeat(100)} } }`],
    [
      'a circle of fragments',
      `{ things { ...A } } fragment A on Thing { ...B }
      fragment B on Thing { ...A }`,
    ],
    ['an unknown argument', '{ things(first: 100000) { name } }'],
  ])(
    'threat 31: refuses too much of %s, quickly and before anything runs',
    async (_what, query) => {
      const { took } = await expectRefused(query)
      expect(took).toBeLessThan(150)
    },
  )

  it('threat 31: leaves the introspection of tools alone', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const { errors } = await ask(getIntrospectionQuery())
    expect(errors).toBeUndefined()
  })
})

describe('threat 32: what the schema shows', () => {
  it('threat 32: hides suggestions', async () => {
    for (const query of [
      '{ things { naem } }',
      '{ thigs { name } }',
      '{ things(colr: RED) { id } }',
    ]) {
      expect(JSON.stringify((await ask(query)).errors)).not.toMatch(/did you mean/i)
    }
    const query = 'query ($color: Color) { things(color: $color) { id } }'
    const wrong = await ask({ query, variables: { color: 'REDD' } })
    expect(JSON.stringify(wrong.errors)).not.toMatch(/did you mean/i)
  })

  it('threat 32: looks for suggestions once in a value that is quoted', async () => {
    const query = 'query ($color: Color) { things(color: $color) { id } }'
    const color = 'Did you mean '.repeat(40_000)
    const start = performance.now()
    const { errors } = await ask({ query, variables: { color } })
    expect(performance.now() - start).toBeLessThan(2000)
    expect(errors?.[0]?.message).toMatch(
      /^Variable "\$color": Value .* does not exist in "Color" enum/,
    )
  })

  it('threat 32: shows the schema by default, and not where introspection is off', async () => {
    const query = '{ __schema { types { name } } }'
    expect((await ask(query)).data).toBeDefined()
    expect((await app.call('/schema.graphql')).status).toBe(200)
    const off = await createFixture({ INTROSPECTION: 'off' })
    for (const authorization of ['none', 'Bearer good']) {
      const answer = await off.call('/graphql', json('POST', { query }, { authorization }))
      expect(((await answer.json()) as Result).data).toBeUndefined()
    }
    expect((await off.call('/schema.graphql')).status).toBe(404)
  })
})

describe('threat 33: requests a foreign page could make', () => {
  const mutation = 'mutation { createThing(name: "n") }'

  const byGet = (parameters: Record<string, string>) =>
    app.call(`/graphql?${new URLSearchParams(parameters)}`, {
      headers: { accept: 'application/json' },
    })

  it('threat 33: runs no mutation by GET', async () => {
    const before = { ...calls }
    for (const query of [mutation, `query Q { __typename } ${mutation.replace('{', 'M {')}`]) {
      const answer = await byGet({ query, ...(query !== mutation && { operationName: 'M' }) })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST')
      expect(await answer.text()).not.toContain('"name":"n"')
    }
    const secret = await byGet({ query: `mutation { ${login('a')} }` })
    expect(secret.status).toBe(405)
    expect(calls).toEqual(before)
  })

  it('runs a query by GET, with variables as JSON', async () => {
    const query = 'query ($names: [String!]) { things(names: $names) { name } }'
    const answer = await byGet({ query, variables: '{"names":["thing 2"]}' })
    expect(await answer.json()).toEqual({ data: { things: [{ name: 'thing 2' }] } })
    for (const variables of [
      '{',
      '[]',
      '{"__proto__":1}',
      '{"names":["\\u0000"]}',
      '[['.repeat(99),
    ]) {
      const refused = await byGet({ query, variables })
      expect(refused.status).toBe(400)
    }
    const twice = await app.call(`/graphql?query=${encodeURIComponent(query)}&query=x`)
    expect([twice.status, (await app.call('/graphql')).status]).toEqual([400, 400])
  })

  it.each([
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(mutation)}`],
    ['text/plain', JSON.stringify({ query: mutation })],
    ['application/graphql', mutation],
    ['multipart/form-data; boundary=x', '--x--'],
  ])('threat 33: refuses %s', async (type, body) => {
    const answer = await app.call('/graphql', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    })
    expect(answer.status).toBe(415)
    expect(((await answer.json()) as Result).errors?.[0]?.extensions['code']).toBe(
      'UNSUPPORTED_MEDIA_TYPE',
    )
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('threat 35: holds the same body limits', async () => {
    const deep = `{"query":"{__typename}","variables":${'['.repeat(65)}${']'.repeat(65)}}`
    expect((await app.call('/graphql', json('POST', deep))).status).toBe(400)
    const big = json('POST', { query: '{__typename}', extensions: { x: 'x'.repeat(10_485_760) } })
    expect((await app.call('/graphql', big)).status).toBe(413)
  })
})
