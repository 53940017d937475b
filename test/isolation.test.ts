import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiKey } from '../src/apikeys/entity.ts'
import { Chatflow } from '../src/chatflows/entity.ts'
import { newId } from '../src/core/ids.ts'
import { Credential } from '../src/credentials/entity.ts'
import { Tool } from '../src/tools/entity.ts'
import { startApp, type Person, type Row, type TestApp } from './harness.ts'

/** The two walls between workspaces, each alone. */
let app: TestApp
let a: Person
let b: Person
let flowOfB: Row

const tables = { chatflow: Chatflow, tool: Tool, credential: Credential, api_key: ApiKey }

beforeAll(async () => {
  app = await startApp()
  a = app.owner
  b = await app.addPerson()
  for (const { token } of [a, b]) {
    await app.addKey({ token })
    await app.rest('POST', '/tools', { token, body: { name: 'T' } })
    const body = { name: 'C', credentialName: 'x', plainDataObj: { secret: 's' } }
    await app.rest('POST', '/credentials', { token, body })
  }
  await app.addFlow({}, a.token)
  flowOfB = await app.addFlow({ name: 'Of B' }, b.token)
})
afterAll(() => app.close())

const em = (scope: object) => app.app.deps.database.workspaceEm(scope)
const scopeOf = ({ workspaceId, organizationId, userId }: Person) => ({
  workspaceId,
  organizationId,
  userId,
})

describe('threat 22: row-level security alone, with the filter off', () => {
  const off = { filters: { workspace: false } } as const

  it.each(Object.entries(tables))('shows of %s only what is of the workspace', async (_, table) => {
    const rows = await em(scopeOf(a)).find<{ workspaceId: string }>(table as never, {}, off)
    expect(rows.length).toBeGreaterThan(0)
    expect(new Set(rows.map(({ workspaceId }) => workspaceId))).toEqual(new Set([a.workspaceId]))
  })

  it.each(Object.keys(tables))('shows raw SQL no other row of %s', async (table) => {
    const sql = `select distinct workspace_id as id from ${table}`
    const seen = await em(scopeOf(a)).transactional((inner) => inner.execute(sql))
    expect(seen).toEqual([{ id: a.workspaceId }])
    const { database } = app.app.deps
    expect(await database.rows(em(scopeOf(a)), sql)).toEqual([{ id: a.workspaceId }])
    expect(await database.rows(em({}), sql)).toEqual([])
  })

  it('changes and removes nothing of another', async () => {
    const id = flowOfB.id
    const mine = em(scopeOf(a))
    expect(await mine.nativeUpdate(Chatflow, { id }, { name: 'Stolen' }, off)).toBe(0)
    expect(await mine.nativeDelete(Chatflow, { id }, off)).toBe(0)
    const reference = em(scopeOf(a))
    reference.getReference(Chatflow, id).name = 'Stolen'
    await reference.flush().catch(() => undefined)
    const { body } = await app.rest('GET', `/chatflows/${id}`, { token: b.token })
    expect(body).toEqual(flowOfB)
  })

  it('lets no row into another workspace, nor out of its own', async () => {
    const foreign = em(scopeOf(a))
    foreign.create(Tool, {
      workspaceId: b.workspaceId,
      name: 'Planted',
      description: '',
      color: '',
    })
    await expect(foreign.flush()).rejects.toThrow('row-level security')
    const moved = em(scopeOf(a)).nativeUpdate(Tool, {}, { workspaceId: b.workspaceId }, off)
    await expect(moved).rejects.toThrow('row-level security')
    const theirs = em(scopeOf(a)).upsert(Chatflow, { ...chatflowRow(), id: flowOfB.id })
    await expect(theirs).rejects.toThrow('row-level security')
  })

  it('keeps the sessions and accounts of others out of sight', async () => {
    const { database } = app.app.deps
    const stranger = { ...scopeOf(b), organizationId: newId() }
    expect(await database.rows(em(stranger), 'select id from app_user')).toEqual([])
    const sessions = await database.rows<{ userId: string }>(
      em(scopeOf(b)),
      'select user_id as "userId" from session',
    )
    expect(new Set(sessions.map(({ userId }) => userId))).toEqual(new Set([b.userId]))
  })
})

describe('threat 22: the filter alone, where row-level security shows everything', () => {
  it.each(Object.entries(tables))('keeps to the workspace of %s', async (_, table) => {
    // The filter says A while the database would show B.
    const crossed = em(scopeOf(b))
    crossed.setFilterParams('workspace', { id: a.workspaceId })
    expect(await crossed.find(table as never, {})).toEqual([])
    expect(await crossed.count(table as never, {})).toBe(0)
    expect(await crossed.nativeDelete(table as never, {})).toBe(0)
    const straight = em(scopeOf(b))
    expect(await straight.count(table as never, {})).toBe(1)
  })

  it('throws where no workspace was said', async () => {
    await expect(em({}).find(Chatflow, {})).rejects.toThrow('filter')
    await expect(em({ userId: a.userId }).count(Tool, {})).rejects.toThrow('filter')
  })
})

describe('the roles of the database', () => {
  it('let the look-up read heads and nothing more, and write nothing', async () => {
    const { database } = app.app.deps
    const look = (sql: string) => database.rows(database.lookupEm(), sql)
    expect((await look('select id, apikeyid from chatflow')).length).toBeGreaterThan(1)
    for (const sql of [
      'select flow_data from chatflow',
      'select encrypted_data from credential',
      'select id from tool',
      "update app_user set email = 'x'",
      'delete from api_key',
    ]) {
      await expect(look(sql)).rejects.toThrow('permission denied')
    }
  })

  it('let serving change no table and take no other role’s rights for good', async () => {
    await expect(run('alter table chatflow disable row level security')).rejects.toThrow('owner')
    await expect(run('drop policy tenancy on chatflow')).rejects.toThrow('owner')
    await expect(run('create table x (id int)')).rejects.toThrow('permission denied')
  })
})

function run(sql: string): Promise<unknown> {
  return em(scopeOf(a)).transactional((inner) => inner.execute(sql))
}

function chatflowRow() {
  return {
    workspaceId: a.workspaceId,
    name: 'Stolen',
    flowData: '{}',
    type: 'CHATFLOW' as const,
    deployed: false,
    isPublic: false,
    createdDate: new Date(),
    updatedDate: new Date(),
  }
}
