import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/db/embedded.ts'

const folder = mkdtempSync(join(tmpdir(), 'flowgate-embedded-'))
let database: EmbeddedPostgres

beforeAll(async () => {
  database = openEmbeddedPostgres(folder)
  await database.waitReady
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

const valueOf = async (sql: string): Promise<unknown> => (await database.query(sql)).rows[0]?.['v']

describe('the embedded database', () => {
  it.each([
    ['true', true],
    ['42', 42],
    ['null', null],
    [`'{"a":[1,null]}'::jsonb`, { a: [1, null] }],
    [`array['a b', null, '"']`, ['a b', null, '"']],
    [`'2026-01-02 03:04:05.678+00'::timestamptz::text`, '2026-01-02 03:04:05.678+00'],
  ])('gives %s as the ORM wants it', async (sql, value) => {
    expect(await valueOf(`select ${sql} as v`)).toEqual(value)
  })

  it('tells what PostgreSQL says of an error', async () => {
    await database.query('create table once_only (id int primary key)')
    await database.query('insert into once_only values (1)')
    const again = database.query('insert into once_only values (1)')
    await expect(again).rejects.toMatchObject({ code: '23505', table: 'once_only' })
  })

  it('asks nothing else while a transaction is open, and undoes one that fails', async () => {
    await database.query('create table story (line text)')
    const told = database.transaction(async ({ query }) => {
      await query(`insert into story values ('inside')`)
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
      throw new Error('no more')
    })
    const seen = valueOf('select count(*)::int as v from story')
    await expect(told).rejects.toThrow('no more')
    expect(await seen).toBe(0)
  })

  it('leaves our own thread free while it works', async () => {
    const work = database.query('select count(*) from generate_series(1, 3000000)')
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    await work
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
  })

  it('refuses a folder that holds something else, and says that it is closed', async () => {
    const broken = openEmbeddedPostgres('/dev/null/nowhere')
    await expect(broken.waitReady).rejects.toThrow('closed')
    await broken.close()
    await expect(broken.query('select 1')).rejects.toThrow('closed')
  })
})
