import { beforeAll, describe, expect, it } from 'vitest'
import { createFixture, errorOf, json, type Fixture } from '../server/fixture.ts'

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

describe('arguments of a body', () => {
  it.each([
    [{ name: 5 }, 'name must be text.'],
    [{ name: true }, 'name must be text.'],
    [{ name: null }, 'name must not be null.'],
    [{ name: 'n', flag: 'yes' }, 'flag must be true or false.'],
    [{ name: 'n', flag: 1 }, 'flag must be true or false.'],
    [{ name: 'n', count: '5' }, 'count must be a whole number.'],
    [{ name: 'n', count: 1.5 }, 'count must be a whole number.'],
    [{ name: 'n', count: 2 ** 31 }, 'count must be a whole number.'],
    [{ name: 'n', tags: 'a' }, 'tags must be a list.'],
    [{ name: 'n', tags: [1] }, 'tags[0] must be text.'],
    [{ name: 'n', tags: [null] }, 'tags[0] must not be null.'],
    [{ name: 'n', color: 'GREEN' }, 'color must be one of BLUE, RED.'],
    [{ name: 'n', limits: 5 }, 'limits must be an object.'],
    [{ name: 'n', limits: {} }, 'limits.most is required.'],
    [{ name: 'n', limits: { most: 'x' } }, 'limits.most must be a whole number.'],
    [{ name: 'n', when: 'soon' }, 'when: A date must be ISO 8601 text'],
    [{ name: 'n', tags: ['a', 'b', 'c', 'd'] }, 'tags must have at most 3 items.'],
  ])('refuses %j in one sentence', async (body, sentence) => {
    const answer = await app.call('/api/v1/things', json('POST', body))
    expect(answer.status).toBe(400)
    expect((await errorOf(answer)).message).toContain(sentence)
  })

  it('passes every fitting value on as it is', async () => {
    const body = {
      name: '',
      flag: false,
      count: 0,
      tags: [],
      color: 'RED',
      when: '2024-03-15T10:30:00.000Z',
      limits: { most: 3 },
      data: [{ a: [null, 1.5, '\u{1f600}'] }, 'x'],
    }
    const answer = await app.call('/api/v1/things', json('POST', body))
    expect(await answer.json()).toEqual(body)
  })
})

const names = async (query: string) => {
  const answer = await app.call(`/api/v1/things?${query}`)
  return ((await answer.json()) as { name: string }[]).map(({ name }) => name)
}

describe('arguments of a query string', () => {
  it.each([
    ['count=x', 'count must be a whole number.'],
    ['count=0x10', 'count must be a whole number.'],
    ['count=', 'count must be a whole number.'],
    ['count=-1', 'count must be a whole number.'],
    ['count=1e3', 'count must be a whole number.'],
    ['count=2147483648', 'count must be a whole number.'],
    [`count=${'9'.repeat(40)}`, 'count must be a whole number.'],
    ['count=1&count=2', 'count must be given once.'],
    ['flag=yes', 'flag must be true or false.'],
    ['flag=1', 'flag must be true or false.'],
    ['color=red', 'color must be one of BLUE, RED.'],
  ])('refuses ?%s', async (query, sentence) => {
    const answer = await app.call(`/api/v1/things?${query}`)
    expect(answer.status).toBe(400)
    expect((await errorOf(answer)).message).toBe(sentence)
  })

  it('takes a list from a repeated parameter, and from one', async () => {
    expect(await names('names=thing%201&names=thing+3&flag=true&count=2')).toEqual([
      'thing 1',
      'thing 3',
    ])
    expect(await names('names=thing%202')).toEqual(['thing 2'])
    expect(await names('unknown=1')).toHaveLength(3)
  })
})

describe('pages', () => {
  it('answers a bare list without page and limit, and a page with both', async () => {
    expect(await (await app.call('/api/v1/things')).json()).toHaveLength(3)
    const page = (await (await app.call('/api/v1/things?page=2&limit=2')).json()) as {
      data: unknown[]
      total: number
    }
    expect(page.data).toHaveLength(1)
    expect(page.total).toBe(3)
  })

  it.each([
    'page=1',
    'limit=1',
    'page=0&limit=1',
    'page=1&limit=0',
    'page=-1&limit=1',
    'page=abc&limit=1',
    'page=1&limit=1001',
    'page=1.5&limit=1',
    'page=NaN&limit=1',
    'page=0x1&limit=1',
    'page=1&limit=2147483648',
    'page=2147483647&limit=1000',
    'page=1&page=2&limit=1',
    `page=${'9'.repeat(40)}&limit=1`,
    'page=&limit=',
  ])('threat 28: refuses ?%s', async (query) => {
    const answer = await app.call(`/api/v1/things?${query}`)
    expect(answer.status).toBe(400)
    expect((await errorOf(answer)).code).toBe('BAD_REQUEST')
  })
})
