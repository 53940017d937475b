import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeOld } from '../src/audit/retention.ts'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

interface Entry {
  readonly action: string
  readonly outcome: string
  readonly actorKind: string
  readonly actorId: string | null
  readonly targetId: string | null
  readonly count: number
}

async function log(query = ''): Promise<readonly Entry[]> {
  await app.app.deps.audit.flush()
  const answer = await app.rest<{ data: readonly Entry[] }>('GET', `/audit-log${query}`, {
    token: app.owner.token,
  })
  expect(answer.status).toBe(200)
  return answer.body.data
}

describe('the audit log', () => {
  it('holds every management mutation with actor, target and outcome', async () => {
    const flow = await app.addFlow({ name: 'audited' })
    await app.rest('PUT', `/chatflows/${flow.id}`, {
      token: app.owner.token,
      body: { name: 'two' },
    })
    await app.rest('DELETE', `/chatflows/${flow.id}`, { token: app.owner.token })
    const entries = await log(`?targetId=${flow.id}`)
    expect(entries.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['deleteChatflow', 'ok'],
      ['updateChatflow', 'ok'],
      ['createChatflow', 'ok'],
    ])
    expect(new Set(entries.map(({ actorId }) => actorId))).toEqual(new Set([app.owner.userId]))
  })

  it('holds sign-ins, exchanges and refusals of known callers', async () => {
    const viewer = await app.addPerson({ workspaceId: app.owner.workspaceId, role: 'viewer' })
    await app.rest('POST', '/chatflows', { token: viewer.token, body: { name: 'no' } })
    const key = await app.addKey()
    await app.exchange(key)
    await app.rest('GET', '/tools', { token: key.apiKey })
    const entries = await log()
    const has = (fields: Partial<Entry>) =>
      expect(entries).toContainEqual(expect.objectContaining(fields))
    has({ action: 'login', outcome: 'ok', actorId: viewer.userId })
    has({ action: 'createChatflow', outcome: 'FORBIDDEN', actorId: viewer.userId })
    has({ action: 'token', outcome: 'ok', actorKind: 'key', actorId: key.id })
    has({ action: 'tools', outcome: 'FORBIDDEN', actorKind: 'key', actorId: key.id })
    has({ action: 'createApiKey', outcome: 'ok', targetId: key.id })
  })

  it('is for owners and admins of the workspace alone', async () => {
    const { workspaceId } = app.owner
    const editor = await app.addPerson({ workspaceId, role: 'editor' })
    expect((await app.rest('GET', '/audit-log', { token: editor.token })).status).toBe(403)
    const stranger = await app.addPerson()
    const theirs = await app.rest<{ data: readonly Entry[] }>('GET', '/audit-log', {
      token: stranger.token,
    })
    const actors = theirs.body.data.map(({ actorId }) => actorId)
    expect(new Set(actors).has(app.owner.userId)).toBe(false)
  })

  it('counts the refusals of strangers by the minute', async () => {
    const before = await strangersRefused()
    for (let call = 0; call < 5; call += 1) await app.rest('GET', '/tools')
    await app.app.deps.audit.flush()
    const after = await strangersRefused()
    expect(after.count - before.count).toBe(5)
    expect(after.rows - before.rows).toBeLessThanOrEqual(2)
  })
})

async function strangersRefused(): Promise<{ rows: number; count: number }> {
  const { database } = app.app.deps
  const [row] = await database.rows<{ rows: number; count: number }>(
    database.jobsEm(),
    `select count(*)::int as rows, coalesce(sum(count), 0)::int as count from audit_entry
     where action = 'tools' and actor_kind = 'anonymous'`,
  )
  return row ?? { rows: 0, count: 0 }
}

describe('usage of a key', () => {
  it('is told by day and outcome', async () => {
    const key = await app.addKey({ rateLimit: { limit: 2, windowSeconds: 3600 } })
    const flow = await app.addFlow()
    const ask = () =>
      app.rest('POST', `/prediction/${flow.id}`, {
        token: key.apiKey,
        body: { question: 'hi' },
      })
    const statuses = [await ask(), await ask(), await ask()].map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 429])
    await app.rest('GET', '/chatflows', { token: key.apiKey })
    await app.app.deps.keyUses.flush()
    const usage = await app.rest<readonly { outcome: string; count: number }[]>(
      'GET',
      `/apikey/${key.id}/usage`,
      { token: app.owner.token },
    )
    const counts = usage.body.map(({ outcome, count }) => [outcome, count])
    expect(Object.fromEntries(counts)).toEqual({ accepted: 2, refused: 1, limited: 1 })
    const read = await app.rest('GET', `/apikey/${key.id}`, { token: app.owner.token })
    expect(read.body).toMatchObject({ usageCount: 2, lastUsedAddress: '192.0.2.1' })
  })

  it('tells stale keys from used ones', async () => {
    const stale = await app.addKey()
    const cut = new Date(app.clock.now().getTime() + 1000).toISOString()
    const list = await app.rest<readonly { id: string }[]>('GET', `/apikey?unusedSince=${cut}`, {
      token: app.owner.token,
    })
    expect(list.body.map(({ id }) => id)).toContain(stale.id)
    const none = await app.rest<readonly { id: string }[]>(
      'GET',
      '/apikey?unusedSince=2020-01-01T00:00:00.000Z',
      { token: app.owner.token },
    )
    expect(none.body).toEqual([])
  })
})

describe('retention', () => {
  it('removes what is older than the configured days, and nothing else', async () => {
    const flow = await app.addFlow()
    await app.rest('POST', `/prediction/${flow.id}`, {
      token: app.owner.token,
      body: { question: 'keep me' },
    })
    await app.app.deps.audit.flush()
    const { database, clock } = app.app.deps
    const count = async () => {
      const em = database.workspaceEm({ workspaceId: app.owner.workspaceId })
      const [row] = await database.rows<{ messages: number; entries: number }>(
        em,
        `select (select count(*) from chat_message)::int as messages,
           (select count(*) from audit_entry)::int as entries`,
      )
      return row
    }
    const before = await count()
    await removeOld({ database, clock, days: 30 })
    expect(await count()).toEqual(before)
    app.clock.advance(31 * 86_400)
    await removeOld({ database, clock, days: 30 })
    app.clock.advance(-31 * 86_400)
    expect(await count()).toEqual({ messages: 0, entries: 0 })
  })
})
