import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Key, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const ask = (id: string, token: string) =>
  app.rest('POST', `/prediction/${id}`, { token, body: { question: 'Hi' }, address: '192.0.2.7' })

async function readKey(id: string): Promise<Row> {
  await app.app.deps.keyUses.flush()
  return (await app.rest('GET', `/apikey/${id}`, { token: app.owner.token })).body
}

describe('counting the uses of a key', () => {
  it('threat 20: counts what was let through, and tells when and where from', async () => {
    const key = await app.addKey()
    const { id } = await app.addFlow()
    for (let call = 0; call < 3; call += 1) await ask(id, key.apiKey)
    await app.rest('GET', '/chatflows', { token: key.apiKey })
    await ask('nonsense', key.apiKey)
    await app.rest('GET', `/verify/apikey/${key.apiKey}`)
    expect(await readKey(key.id)).toMatchObject({ usageCount: 3, lastUsedAddress: '192.0.2.7' })
    const { lastUsedDate } = await readKey(key.id)
    expect(Math.abs(Date.parse(String(lastUsedDate)) - Date.now())).toBeLessThan(10_000)
  })

  it('threat 20: ten aliases are ten uses', async () => {
    const key = await app.addKey()
    const { id } = await app.addFlow()
    const fields = Array.from({ length: 10 }, (_, n) => `a${n}: publicChatflow(id: $id) { id }`)
    const document = `query ($id: String!) { ${fields.join(' ')} }`
    const answer = await app.gql(document, { id }, { token: key.apiKey })
    expect(Object.keys(answer.data)).toHaveLength(10)
    expect(await readKey(key.id)).toMatchObject({ usageCount: 10 })
  })

  it('counts what its exchanged token does', async () => {
    const key = await app.addKey()
    const token = await app.exchange(key)
    await app.rest('GET', '/chatflows', { token })
    await app.rest('GET', '/apikey', { token })
    expect(await readKey(key.id)).toMatchObject({ usageCount: 1 })
  })

  it('threat 20: writes what is left when it closes', async () => {
    const first = await startApp()
    const key = await first.addKey()
    const { id } = await first.addFlow()
    const call = { token: key.apiKey, body: { question: 'Hi' } }
    const calls = Array.from({ length: 50 }, () => first.rest('POST', `/prediction/${id}`, call))
    await Promise.all(calls)
    const { database, keyUses } = first.app.deps
    // As `close` does, but with the database left open to look into.
    await keyUses.close()
    const em = database.workspaceEm({ workspaceId: first.owner.workspaceId })
    const rows = await database.rows<{ count: string }>(
      em,
      'select usage_count as count from api_key where id = ?',
      [key.id],
    )
    expect(Number(rows[0]?.count)).toBe(50)
    await first.close()
  })
})

describe("a key's own limit", () => {
  it('threat 20: lets exactly so many through, however many come at once', async () => {
    const key = await app.addKey({ rateLimit: { limit: 3, windowSeconds: 60 } })
    const { id } = await app.addFlow()
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(id, key.apiKey)))
    const passed = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 429)
    expect([passed.length, refused.length]).toEqual([3, 7])
    expect(refused[0]?.body['code']).toBe('RATE_LIMITED')
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    const graphql = await app.gql(
      'query ($id: String!) { publicChatflow(id: $id) { id } }',
      { id },
      { token: key.apiKey },
    )
    expect(graphql.code).toBe('RATE_LIMITED')
    app.clock.advance(61)
    expect((await ask(id, key.apiKey)).status).toBe(200)
  })

  it('holds for its exchanged token too, and for no other key', async () => {
    const key: Key = await app.addKey({ rateLimit: { limit: 1, windowSeconds: 60 } })
    const token = await app.exchange(key)
    const other = await app.addKey()
    const { id } = await app.addFlow()
    expect((await ask(id, key.apiKey)).status).toBe(200)
    expect((await ask(id, token)).status).toBe(429)
    expect((await ask(id, other.apiKey)).status).toBe(200)
  })
})

describe("a flow's own limit", () => {
  it('holds for each caller, in the words of its author', async () => {
    const rateLimit = { status: true, limitMax: 2, limitDuration: 60, limitMsg: 'Slow down!' }
    const { id } = await app.addFlow({ apiConfig: JSON.stringify({ rateLimit }) })
    const [one, two] = [await app.addKey(), await app.addKey()]
    const statuses: number[] = []
    for (const { apiKey } of [one, one, one, two]) statuses.push((await ask(id, apiKey)).status)
    expect(statuses).toEqual([200, 200, 429, 200])
    expect((await ask(id, one.apiKey)).body['message']).toBe('Slow down!')
    const off = { rateLimit: { ...rateLimit, status: false } }
    const { id: open } = await app.addFlow({ apiConfig: JSON.stringify(off) })
    for (let call = 0; call < 4; call += 1) expect((await ask(open, one.apiKey)).status).toBe(200)
  })
})
