import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/core/ids.ts'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  // With one connection, what one statement leaves behind meets the next.
  app = await startApp({ env: { DB_POOL: '1' } })
})
afterAll(() => app.close())

const ofOwner = () => app.app.deps.database.workspaceEm({ workspaceId: app.owner.workspaceId })

async function rows<T>(sql: string, params: readonly unknown[], em = ofOwner()): Promise<T[]> {
  return app.app.deps.database.rows<T>(em, sql, params)
}

async function sentBack<T>(sql: string, value: unknown): Promise<T | undefined> {
  return (await rows<{ value: T }>(`select ${sql} as value`, [value]))[0]?.value
}

const everyByte = Uint8Array.from({ length: 256 }, (_, at) => at)

describe('values that are sent as they are', () => {
  it.each([
    ['none', []],
    ['one', [0.1]],
    ['the smallest, the largest and their signs', [-0, 1.4e-45, -3.4028234663852886e38]],
    ['what is no number', [Number.NaN, Infinity, -Infinity, 1]],
    ['many', Array.from({ length: 5000 }, (_, at) => Math.sin(at))],
  ])('arrive to the last bit, reals: %s', async (_name, numbers) => {
    const texts = await sentBack<string[]>('(?::real[])::text[]', Float32Array.from(numbers))
    expect(Float32Array.from(texts ?? [], Number)).toEqual(Float32Array.from(numbers))
    expect(texts).toHaveLength(numbers.length)
  })

  it.each([
    ['none', new Uint8Array()],
    ['zeros', new Uint8Array(3)],
    ['every one there is', everyByte],
    ['a part of a larger array', everyByte.subarray(100, 200)],
    ['a great many', new Uint8Array(300_000).fill(0xa7)],
  ])('arrive to the last bit, bytes: %s', async (_name, bytes) => {
    const hex = await sentBack<string>(`encode(?::bytea, 'hex')`, bytes)
    expect(hex).toBe(Buffer.from(bytes).toString('hex'))
  })
})

describe('values that stand in the text', () => {
  const texts = ["it's", 'back\\slash', "'; drop table variable; --", '?', '$1', '', 'né 🦊']
  const insert = (name: string, value: Uint8Array | string) => ({
    sql: `insert into variable (id, workspace_id, name, value, type, created_date, updated_date)
      values (?, ?, ?, ${typeof value === 'string' ? '?' : "encode(?::bytea, 'hex')"}, 'static', now(), now())`,
    params: [newId(), app.owner.workspaceId, name, value],
  })
  const written = async (value: Uint8Array | string): Promise<string | undefined> => {
    const { workspaceId } = app.owner
    const name = `v${newId()}`
    await app.app.deps.database.write({ workspaceId }, [
      insert(name, value),
      insert(`${name}b`, ''),
    ])
    return (await rows<{ value: string }>('select value from variable where name = ?', [name]))[0]
      ?.value
  }

  it.each(texts)('arrive as they are: %s', async (text) => {
    expect(await written(text)).toBe(text)
  })

  it('arrive as they are: bytes', async () => {
    expect(await written(everyByte)).toBe(Buffer.from(everyByte).toString('hex'))
  })
})

describe('a statement with such values', () => {
  const insertion = `insert into variable (id, workspace_id, name, value, type, created_date, updated_date)
    values (?, ?, ?, encode(?::bytea, 'hex'), 'static', now(), now()) returning id`
  const insert = (name: string, workspaceId = app.owner.workspaceId) =>
    rows(insertion, [newId(), workspaceId, name, everyByte])
  const countOf = async (name: string, em = ofOwner()) =>
    (await rows('select 1 from variable where name = ?', [name], em)).length

  it('is kept when it succeeds, and by its own workspace alone', async () => {
    const stranger = await app.addPerson()
    await insert('kept')
    expect(await countOf('kept')).toBe(1)
    const theirs = app.app.deps.database.workspaceEm({ workspaceId: stranger.workspaceId })
    expect(await countOf('kept', theirs)).toBe(0)
    await expect(insert('foreign', stranger.workspaceId)).rejects.toThrow('row-level security')
    expect(await countOf('foreign', theirs)).toBe(0)
  })

  it('is undone when it fails, and the next one meets nothing of it', async () => {
    const failing = rows(
      `with added as (${insertion}) select 1 / (octet_length(?::bytea) - 3) from added`,
      [newId(), app.owner.workspaceId, 'undone', everyByte, new Uint8Array(3)],
    )
    await expect(failing).rejects.toThrow('division by zero')
    expect(await countOf('undone')).toBe(0)
    await insert('next')
    expect(await countOf('next')).toBe(1)
  })

  it.each(['succeeds', 'fails'])('leaves no workspace behind when it %s', async (how) => {
    const divisor = new Uint8Array(how === 'fails' ? 0 : 1)
    await rows('select 1 / octet_length(?::bytea)', [divisor]).catch(() => undefined)
    const nobodys = app.app.deps.database.workspaceEm({})
    const sql = `select coalesce(current_setting('app.workspace', true), '') as workspace`
    expect(await rows(sql, [], nobodys)).toEqual([{ workspace: '' }])
  })
})
