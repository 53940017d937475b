import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/core/ids.ts'
import type { Statement } from '../src/db/statement.ts'
import { databaseKind, startApp, type Person, type TestApp } from './harness.ts'
import { withClient } from './setup/postgres-databases.ts'

let app: TestApp
let stranger: Person

beforeAll(async () => {
  app = await startApp()
  stranger = await app.addPerson()
})
afterAll(() => app.close())

interface Wish {
  readonly id?: string
  readonly value?: string
  readonly person?: Person | undefined
}

function insert(
  name: string,
  { id = newId(), value = '', person = app.owner }: Wish = {},
): Statement {
  return {
    sql: `insert into variable (id, workspace_id, name, value, type, created_date, updated_date)
      values (?, ?, ?, ?, 'static', now(), now())`,
    params: [id, person.workspaceId, name, value],
  }
}

/** Writes two rows, of which the wish is for the second. */
async function write(name: string, lane?: string, wish: Wish = {}): Promise<void> {
  const { workspaceId } = wish.person ?? app.owner
  const { person } = wish
  const statements = [insert(name, { person }), insert(`${name}.2`, wish)]
  await app.app.deps.database.write({ workspaceId }, statements, lane)
}

/** The transactions that wrote what begins with a name, each with how many rows it wrote. */
async function written(prefix: string, person = app.owner): Promise<number[]> {
  const { database } = app.app.deps
  const rows = await database.rows<{ count: number }>(
    database.workspaceEm({ workspaceId: person.workspaceId }),
    `select count(*)::int as count from variable where name like ? group by xmin::text order by 1`,
    [`${prefix}%`],
  )
  return rows.map(({ count }) => count)
}

const rowsOf = async (prefix: string): Promise<number> =>
  (await written(prefix)).reduce((sum, count) => sum + count, 0)

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`)

describe('writes of one lane', () => {
  it('are all kept, each with all of its rows', async () => {
    await Promise.all(names('busy', 50).map((name) => write(name, 'busy')))
    expect(await rowsOf('busy')).toBe(100)
  })

  it('fail by themselves, and undo what they had done', async () => {
    const id = newId()
    const outcomes = await Promise.allSettled([
      write('alone0', 'alone', { id }),
      write('alone1', 'alone'),
      write('alone2', 'alone', { id }),
      write('alone3', 'alone'),
      write('alone4', 'alone', { person: { ...app.owner, workspaceId: stranger.workspaceId } }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(outcomes[2]).toMatchObject({ reason: { code: '23505' } })
    const kept = ['alone0', 'alone1', 'alone2', 'alone3'].map(rowsOf)
    expect(await Promise.all(kept)).toEqual([2, 2, 0, 2])
    expect(await written('alone4', stranger)).toEqual([2])
  })
})

it('a write with a NUL fails by itself, for it would end the message', async () => {
  const outcomes = await Promise.allSettled([
    write('nul0', 'nul'),
    write('nul1', 'nul', { value: 'a\0b' }),
    write('nul2', 'nul'),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await rowsOf('nul')).toBe(4)
})

describe.runIf(databaseKind === 'postgres')('writes that wait', () => {
  /** Lets nobody write while the work goes on. */
  async function holding(work: (client: Client) => Promise<void>): Promise<void> {
    await withClient(app.env['DATABASE_URL'] ?? '', async (client) => {
      await client.query('begin; lock table variable in share mode')
      await work(client)
      await client.query('commit')
    })
  }
  const blocked = `from pg_locks where not granted and relation = 'variable'::regclass`

  async function untilBlocked(client: Client, count: number): Promise<void> {
    const seen = async () => (await client.query(`select 1 ${blocked}`)).rowCount
    await expect.poll(seen, { timeout: 5000 }).toBe(count)
  }

  it('share messages, so many each', async () => {
    const writes: Promise<void>[] = []
    await holding(async (client) => {
      writes.push(write('share', 'shared'))
      await untilBlocked(client, 1)
      writes.push(...names('share', 40).map((name) => write(name, 'shared')))
    })
    await Promise.all(writes)
    expect(await written('share')).toEqual([2, 16, 64])
  })

  it('wait for nobody but their own lane and scope, nor for small ones when they are large', async () => {
    const writes: Promise<void>[] = []
    await holding(async (client) => {
      writes.push(
        write('apart0', 'apart'),
        write('apart1', 'another'),
        write('apart2'),
        write('apart3', 'apart', { value: 'x'.repeat(8200) }),
        write('theirs', 'apart', { person: stranger }),
      )
      await untilBlocked(client, 5)
    })
    await Promise.all(writes)
    expect(await written('apart')).toEqual([2, 2, 2, 2])
    expect(await written('theirs', stranger)).toEqual([2])
  })

  it('are not sent again when their connection was lost, for they may have been kept', async () => {
    await holding(async (client) => {
      const end = `select pg_terminate_backend(pid) ${blocked}`
      const writes = names('lost', 4).map((name) => write(name, 'lost'))
      const ended = Promise.allSettled(writes)
      await untilBlocked(client, 1)
      await client.query(end)
      await expect(writes[0]).rejects.toMatchObject({ code: '57P01' })
      await untilBlocked(client, 1)
      await client.query(end)
      const lost = expect.objectContaining({ reason: expect.objectContaining({ code: '57P01' }) })
      expect(await ended).toEqual([lost, lost, lost, lost])
    })
    expect(await written('lost')).toEqual([])
    await write('lost', 'lost')
    expect(await written('lost')).toEqual([2])
  })

  it('are sent before the database is closed', async () => {
    const other = await startApp({ beside: app })
    const { workspaceId } = app.owner
    const writes: Promise<void>[] = []
    let closed = Promise.resolve()
    await holding(async (client) => {
      for (const name of names('closing', 4)) {
        writes.push(other.app.deps.database.write({ workspaceId }, [insert(name)], 'closing'))
      }
      await untilBlocked(client, 1)
      closed = other.close()
      // By then its pool would be at its end.
      await pause(500)
    })
    await Promise.all([...writes, closed])
    expect(await rowsOf('closing')).toBe(4)
  })
})
