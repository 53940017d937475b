import { afterEach, describe, expect, test } from 'vitest'
import { dig } from '../../src/engine/text/paths.ts'
import { failureOf, saidOf, startStub, toolOf } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

const signal = new AbortController().signal

/** A server that tells what it was sent. */
async function echo() {
  stub = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      const { method, url, headers } = request
      response.end(JSON.stringify({ method, url, body, auth: headers['x-auth'] }))
    })
  })
  return { base: stub.baseUrl.replace('/v1', ''), ports: { fetch: stub.fetch } }
}

describe('requests tools', () => {
  test('get: the address, path and query arguments, headers', async () => {
    const { base, ports } = await echo()
    const inputs = {
      requestsGetUrl: `${base}/users/:id`,
      requestsGetName: 'get user',
      requestsGetHeaders: '{"X-Auth":"abcdef123"}',
      requestsGetQueryParamsSchema:
        '[{"property":"id","type":"string","required":true},{"property":"q","type":"string"}]',
    }
    const tool = await toolOf('requestsGet', inputs, { ports })
    expect(tool.name).toBe('get_user')
    const answer = await saidOf(tool.run({ id: 'a/b', q: 'x y' }, { signal }))
    expect(answer).toEqual({
      method: 'GET',
      url: '/users/a%2Fb?q=x+y',
      body: '',
      auth: 'abcdef123',
    })
  })

  const byName = {
    id: { type: 'string', in: 'path', required: true, description: 'ID of it. /:id' },
    limit: { type: 'number', in: 'query', description: '?limit=10' },
  }

  test('fields by name, as the canvas suggests them, and where in the address they belong', async () => {
    const { base, ports } = await echo()
    const fields = JSON.stringify(byName, null, 4)
    const inputs = { requestsGetUrl: `${base}/events/`, requestsGetQueryParamsSchema: fields }
    const tool = await toolOf('requestsGet', inputs, { ports })
    expect(tool.schema).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string', description: 'ID of it. /:id' },
        limit: { type: 'number', description: '?limit=10' },
      },
      required: ['id'],
    })
    const urlFor = async (args: object) =>
      dig(await saidOf(tool.run({ ...args }, { signal })), ['url'])
    expect(await urlFor({ id: 'a/b', limit: 3 })).toBe('/events/a%2Fb?limit=3')
    expect(await urlFor({ queryParams: { id: '7' } })).toBe('/events/7')
    expect(await urlFor({ limit: 3 })).toBe('/events/?limit=3')
  })

  test.each(['/events/', '/events/:id', '/events/{id}'])(
    'the model does not get out of the path by dots: %s',
    async (path) => {
      const { base, ports } = await echo()
      const fields = JSON.stringify(byName)
      const inputs = { requestsGetUrl: base + path, requestsGetQueryParamsSchema: fields }
      const tool = await toolOf('requestsGet', inputs, { ports })
      const why = 'The argument ".." cannot be a part of the address.'
      await expect(saidOf(tool.run({ id: '..' }, { signal }))).rejects.toThrow(why)
      expect(await saidOf(tool.run({ id: '../%2e' }, { signal }))).toMatchObject({
        url: '/events/..%2F%252e',
      })
    },
  )

  test.each(['requestsGet', 'requestsPost'])(
    '%s sends a field of the name queryParams as it is',
    async (name) => {
      const { base, ports } = await echo()
      const fields = '{"queryParams":{"type":"object"}}'
      const inputs = {
        url: `${base}/x`,
        requestsGetQueryParamsSchema: fields,
        requestsPostBodySchema: fields,
      }
      const tool = await toolOf(name, inputs, { ports })
      const sent = await saidOf(tool.run({ queryParams: { b: 1 } }, { signal }))
      expect(decodeURIComponent(JSON.stringify(sent))).toMatch(/queryParams.+b.+1/)
    },
  )

  test('fields of a body by name', async () => {
    const { base, ports } = await echo()
    const fields = { name: { type: 'string', required: true }, tags: { type: 'array' } }
    const inputs = { url: `${base}/x`, requestsPostBodySchema: JSON.stringify(fields) }
    const tool = await toolOf('requestsPost', inputs, { ports })
    expect(tool.schema).toMatchObject({
      properties: { name: { type: 'string' }, tags: { type: 'array' } },
      required: ['name'],
    })
    const answer = await saidOf(tool.run({ name: 'Fair', tags: ['a'] }, { signal }))
    expect(answer).toMatchObject({ body: '{"name":"Fair","tags":["a"]}' })
  })

  test('without fields the model may say any', async () => {
    const { base, ports } = await echo()
    const tool = await toolOf('requestsGet', { requestsGetUrl: `${base}/x?a=1` }, { ports })
    expect(tool.schema['properties']).toHaveProperty('queryParams')
    const answer = await saidOf(tool.run({ queryParams: { q: 'x y' } }, { signal }))
    expect(answer).toMatchObject({ url: '/x?a=1&q=x+y' })
  })

  test.each([
    ['requestsPost', 'POST'],
    ['requestsPut', 'PUT'],
  ])('%s sends what the author fixed and the model says', async (name, method) => {
    const { base, ports } = await echo()
    const inputs = { url: `${base}/x`, body: '{"a":1}' }
    const tool = await toolOf(name, inputs, { ports })
    const answer = await saidOf(tool.run({ body: { b: 2 } }, { signal }))
    expect(answer).toMatchObject({ method, url: '/x', body: '{"a":1,"b":2}' })
  })

  test('the model may name the address; a bad one, a refused one and a failure are told', async () => {
    const { base, ports } = await echo()
    const tool = await toolOf('requestsDelete', {}, { ports })
    expect(JSON.stringify(await tool.run({ url: `${base}/gone` }, { signal }))).toContain('DELETE')
    expect((await failureOf(tool.run({ url: 'gone' }, { signal }))).message).toMatch(/no[t]? a URL/)
    const inside = await failureOf(tool.run({ url: 'http://169.254.169.254/' }, { signal }))
    expect(inside.message).toMatch(/refused/)
  })

  test('an answer is cut, an error status is a failure', async () => {
    stub = await startStub((request, response) => {
      response.statusCode = request.url === '/v1/bad' ? 500 : 200
      response.end('x'.repeat(5000))
    })
    const { baseUrl, fetch } = stub
    const told = { ports: { fetch } }
    const good = await toolOf('requestsGet', { url: `${baseUrl}/good` }, told)
    expect(await good.run({}, { signal })).toHaveLength(2000)
    const bad = await toolOf('requestsGet', { url: `${baseUrl}/bad` }, told)
    expect((await failureOf(bad.run({}, { signal }))).message).toMatch(/answered 500: x+$/)
  })
})
