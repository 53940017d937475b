import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Person, type Row, type TestApp } from './harness.ts'

let app: TestApp
let person: Person
const count = 23
const lists = ['chatflows', 'tools', 'apikey'] as const

beforeAll(async () => {
  app = await startApp()
  person = await app.addPerson()
  const { token } = person
  // Many at once, so that some share a moment and only the id decides.
  const rows = Array.from({ length: count }, (_, n) => n)
  await Promise.all(
    rows.flatMap((n) => [
      app.addFlow({ name: `flow ${n}` }, token),
      app.rest('POST', '/tools', { token, body: { name: `tool ${n}` } }),
      app.addKey({ token, keyName: `key ${n}` }),
    ]),
  )
})
afterAll(() => app.close())

const read = <T>(path: string) => app.rest<T>('GET', path, { token: person.token })

describe.each(lists)('the list of %s', (list) => {
  it('is newest change first, the id as tie-break', async () => {
    const { body } = await read<Row[]>(`/${list}`)
    expect(body).toHaveLength(count)
    const keys = body.map((row) => `${String(row['updatedDate'])} ${row.id}`)
    expect(keys).toEqual([...keys].sort().toReversed())
  })

  it('is what its pages give together, without duplicates', async () => {
    const { body: whole } = await read<Row[]>(`/${list}`)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: count + 5 }), async (limit) => {
        const found: Row[] = []
        for (let page = 1; ; page += 1) {
          const { body } = await read<{ data: Row[]; total: number }>(
            `/${list}?page=${page}&limit=${limit}`,
          )
          expect(body.total).toBe(count)
          found.push(...body.data)
          if (body.data.length < limit) break
        }
        expect(found).toEqual(whole)
      }),
      { numRuns: 6 },
    )
  })

  it.each([
    'page=0&limit=10',
    'page=1',
    'limit=10',
    'page=-1&limit=10',
    'page=1&limit=0',
    'page=1&limit=1001',
    'page=1&limit=2147483648',
    'page=2147483648&limit=1',
    'page=2147483647&limit=1000',
    'page=1e3&limit=10',
    'page=NaN&limit=10',
    'page=0x10&limit=10',
    'page=1.5&limit=10',
    'page=&limit=10',
    'page=1&page=2&limit=10',
    `page=${'9'.repeat(400)}&limit=10`,
  ])('threat 28: refuses %.40s', async (query) => {
    const { status, body } = await read<Row>(`/${list}?${query}`)
    expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
  })
})

it('threat 28: GraphQL refuses the same pages', async () => {
  const document =
    'query ($page: Int!, $limit: Int!) { toolPage(page: $page, limit: $limit) { total } }'
  for (const [page, limit] of [
    [0, 1],
    [1, 1001],
    [2 ** 31, 1],
    [1.5, 1],
    [2 ** 31 - 1, 1000],
    ['1', 1],
  ]) {
    const answer = await app.gql(document, { page, limit }, { token: person.token })
    expect(answer.code).toBe('BAD_REQUEST')
  }
  const answer = await app.gql(document, { page: 1, limit: 1 }, { token: person.token })
  expect(answer.data['toolPage']).toEqual({ total: count })
})
