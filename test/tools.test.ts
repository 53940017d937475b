import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Answer, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const asOwner = (method: string, path: string, body?: unknown): Promise<Answer<Row>> =>
  app.rest(method, path, { token: app.owner.token, ...(body !== undefined && { body }) })
const create = (fields: object): Promise<Answer<Row>> =>
  asOwner('POST', '/tools', { name: 'add', ...fields })

const properties = JSON.stringify([
  { property: 'a', type: 'number', description: 'First', required: true },
])

describe('a tool', () => {
  it('needs a name only', async () => {
    const { status, body } = await create({})
    expect(status).toBe(200)
    expect(body).toMatchObject({ name: 'add', description: '', schema: null, func: null })
    expect(body).toMatchObject({ iconSrc: null, color: expect.stringContaining('rgb(') })
    expect((await asOwner('GET', `/tools/${body.id}`)).body).toEqual(body)
  })

  it('keeps schema and code as they were given', async () => {
    const func = 'const { a } = { a: $a }\nreturn await Promise.resolve(a + 1)'
    const { body } = await create({ schema: properties, func, description: 'Adds' })
    expect(body).toMatchObject({ schema: properties, func, description: 'Adds' })
    const path = `/tools/${body.id}`
    const renamed = await asOwner('PUT', path, { name: 'plus' })
    expect(renamed.body).toMatchObject({ name: 'plus', schema: properties, func })
    const cleared = await asOwner('PUT', path, { schema: null, func: '', iconSrc: null })
    expect(cleared.body).toMatchObject({ name: 'plus', schema: null, func: null })
    for (const name of ['name', 'description', 'color']) {
      expect((await asOwner('PUT', path, { [name]: null })).status).toBe(400)
    }
    const schema = '{"type":"object","properties":{}}'
    expect((await asOwner('PUT', path, { schema })).body['schema']).toBe(schema)
    expect((await asOwner('DELETE', path)).body).toEqual({ id: body.id, deleted: true })
    expect((await asOwner('GET', path)).status).toBe(404)
  })

  it.each([
    [{ schema: '{' }, 'schema'],
    [{ schema: '7' }, 'schema'],
    [{ schema: '[{"property":"a","type":"object"}]' }, 'schema at 0.type'],
    [{ schema: '[{"property":"a","type":"string"},{"type":"string"}]' }, 'schema at 1.property'],
    [{ func: 'return (' }, 'func, line'],
    [{ func: 'const a = 1\nconst a = 2' }, 'func, line 2'],
    [{ func: 'import x from "y"' }, 'func, line 1'],
    [{ name: '' }, 'name'],
    [{ schema: 7 }, 'schema'],
    [{ func: { a: 1 } }, 'func'],
  ])('refuses %.60j, naming the place', async (fields, place) => {
    const { status, body } = await create(fields)
    expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
    expect(body['message']).toContain(place)
  })

  it('runs nothing when it is stored', async () => {
    const func = 'globalThis.proofOfRunning = true; process.exit(1)'
    expect((await create({ func })).status).toBe(200)
    const closing = '}); globalThis.proofOfRunning = true; (async () => {'
    await create({ func: closing })
    expect(globalThis).not.toHaveProperty('proofOfRunning')
  })
})
