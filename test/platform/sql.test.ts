import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { createSql, type SqlOptions } from '../../src/platform/sql/open.ts'
import { createDatabase, dropDatabases, withClient } from '../setup/postgres-databases.ts'
import { isServiceThere } from './services.ts'
import {
  accessTo,
  all,
  behindTls,
  failureOf,
  selfSigned,
  startFake,
  stopFakes,
} from './sql-fakes.ts'

const isPostgresThere = await isServiceThere('PostgreSQL', 5432)
const adminUrl = 'postgres://postgres@127.0.0.1:5432/postgres'
const database = `flowgate_sql_${randomUUID().replaceAll('-', '')}`
const reader = `${database}_reader`
const url = `postgres://${reader}:pass-word-1234@127.0.0.1:5432/${database}`

const sqlWith = (options: Partial<SqlOptions> = {}) =>
  createSql({ allow: ['127.0.0.1:5432'], ...options })
const access = (changes: { url?: string; signal?: AbortSignal } = {}) =>
  accessTo(changes.url ?? url, changes.signal)

afterEach(stopFakes)

describe.skipIf(!isPostgresThere)('a real PostgreSQL', () => {
  const schema = `
    create role ${reader} login;
    create table orders (id int primary key, customer text not null, total numeric(8,2), at date);
    insert into orders select n, 'customer ' || n, n + 0.5, '2026-01-01' from generate_series(1, 30) n;
    create table "Odd ""names" ("A b" text);
    insert into "Odd ""names" values (repeat('x', 500)), (null);
    create table staff (name text, salary int);
    create view cheap as select id, total from orders where total < 3;
    create view broken as select 1 / (id - id) as boom from orders;
    create table hidden (secret text);
    create sequence counter;
    create function writes() returns int language plpgsql as
      $$ begin insert into orders values (100, 'x'); return 1; end $$;
    create schema other; create table other.elsewhere (a int);
    grant select on orders, cheap, broken, "Odd ""names" to ${reader};
    grant select (name) on staff to ${reader};
    grant insert, update, delete on orders to ${reader};
    grant usage, update on counter to ${reader}`

  beforeAll(async () => {
    const made = await createDatabase(adminUrl, database)
    await withClient(made, (client) => client.query(schema))
  })
  afterAll(async () => {
    await dropDatabases(adminUrl, database)
    await withClient(adminUrl, (client) => client.query(`drop role ${reader}`))
  })

  const query = (text: string, limit = 10) => sqlWith().query(access(), { text, limit })
  const count = async () =>
    (await query('select count(*) from orders', 1)).rows[0]?.[0] ?? 'not counted'

  test('tells the tables and columns that the login may read', async () => {
    const tables = await sqlWith().tables(access(), all)
    expect(tables).toEqual([
      { name: 'Odd "names', columns: [{ name: 'A b', type: 'text' }], sample: [] },
      { name: 'broken', columns: [{ name: 'boom', type: 'integer' }], sample: [] },
      {
        name: 'cheap',
        columns: [
          { name: 'id', type: 'integer' },
          { name: 'total', type: 'numeric(8,2)' },
        ],
        sample: [],
      },
      {
        name: 'orders',
        columns: [
          { name: 'id', type: 'integer' },
          { name: 'customer', type: 'text' },
          { name: 'total', type: 'numeric(8,2)' },
          { name: 'at', type: 'date' },
        ],
        sample: [],
      },
      { name: 'staff', columns: [{ name: 'name', type: 'text' }], sample: [] },
    ])
  })

  test('tells the tables that are wanted, with a few of their rows cut short', async () => {
    const tables = async (wanted: object) =>
      (await sqlWith().tables(access(), { ...all, ...wanted })).map(({ name, sample }) => [
        name,
        sample,
      ])
    expect(await tables({ include: ['orders', 'gone'], sampleRows: 2 })).toEqual([
      [
        'orders',
        [
          ['1', 'customer 1', '1.50', '2026-01-01'],
          ['2', 'customer 2', '2.50', '2026-01-01'],
        ],
      ],
    ])
    expect(await tables({ ignore: ['orders', 'cheap', 'staff'], sampleRows: 5 })).toEqual([
      ['Odd "names', [['x'.repeat(100)], [null]]],
      ['broken', []],
    ])
  })

  test('gives the first rows as the database writes them', async () => {
    const text = 'select id, total, at, null as id from orders order by 1;'
    expect(await query(text, 2)).toEqual({
      columns: ['id', 'total', 'at', 'id'],
      rows: [
        ['1', '1.50', '2026-01-01', null],
        ['2', '2.50', '2026-01-01', null],
      ],
      hasMore: true,
    })
    const cheap = await query('with c as (select * from cheap) select id from c -- all', 2)
    expect(cheap).toEqual({ columns: ['id'], rows: [['1'], ['2']], hasMore: false })
  })

  test.each([
    ['insert into orders values (99)', /syntax error/],
    ["update orders set customer = 'x'", /syntax error/],
    ['with gone as (delete from orders returning *) select * from gone', /data-modifying/],
    ['select writes()', /read-only transaction/],
    ["select nextval('counter')", /read-only transaction/],
    [
      "select set_config('transaction_read_only', 'off', false), nextval('counter')",
      /before any query|read-only/,
    ],
    ['select * into copied from orders', /INTO/],
    ['select * from orders for update', /read-only transaction/],
    ['select 1; delete from orders', /multiple commands/],
    ['select 1; commit; delete from orders', /multiple commands/],
    ['commit', /syntax error/],
    ['set default_transaction_read_only = off', /syntax error/],
    ["copy orders to program 'id'", /syntax error/],
    ['explain analyze select 1', /syntax error/],
    ['do $$ begin end $$', /syntax error/],
    ['', /syntax error/],
    ['I do not know', /syntax error/],
    ['select * from hidden', /permission denied for table hidden/],
  ])('refuses %s', async (text, words) => {
    const { code, message: sentence } = await failureOf(query(text))
    expect(code).toBe('UPSTREAM')
    expect(sentence).toMatch(words)
    expect(sentence).toMatch(/^The database of "Sales" answered: .* \(\w{5}\)\.$/)
    expect(await count()).toBe('30')
  })

  test('a connection can only read, even past the transaction', async () => {
    const { rows } = await query("select current_setting('default_transaction_read_only')")
    expect(rows).toEqual([['on']])
  })

  test('a statement that takes too long is ended by the database', async () => {
    const start = performance.now()
    const sql = sqlWith({ statementMs: 300 })
    const slow = sql.query(access(), { text: 'select pg_sleep(60)', limit: 1 })
    expect(await failureOf(slow)).toMatchObject({
      code: 'TIMEOUT',
      message: 'The database of "Sales" took too long for a statement.',
    })
    expect(performance.now() - start).toBeLessThan(3000)
  })

  /** Connections to the database that the server still has. */
  const connections = async () =>
    withClient(adminUrl, async (client) => {
      const { rows } = await client.query(
        "select 1 from pg_stat_activity where datname = $1 and application_name = 'flowgate'",
        [database],
      )
      return rows.length
    })
  const expectNone = () => vi.waitFor(async () => expect(await connections()).toBe(0), 5000)

  test('a run that is aborted ends at once, and its connection with it', async () => {
    const stop = new AbortController()
    const start = performance.now()
    const slow = sqlWith({ statementMs: 1000 }).query(access({ signal: stop.signal }), {
      text: 'select pg_sleep(60)',
      limit: 1,
    })
    await vi.waitFor(async () => expect(await connections()).toBe(1), 5000)
    const reason = new Failure('CONFLICT', 'Flow execution was cancelled.')
    stop.abort(reason)
    expect(await failureOf(slow)).toBe(reason)
    expect(performance.now() - start).toBeLessThan(1000)
    await expectNone()
  })

  test('what takes too long as a whole ends, and no connection is left of anything', async () => {
    const sql = sqlWith({ statementMs: 1000, timeoutMs: 300 })
    expect(
      await failureOf(sql.query(access(), { text: 'select pg_sleep(60)', limit: 1 })),
    ).toMatchObject({
      code: 'TIMEOUT',
      message: 'The database of "Sales" did not answer within 0.3 s.',
    })
    await query('select 1')
    await failureOf(query('select x'))
    await sqlWith().tables(access(), all)
    await expectNone()
  })

  test('refuses rows that are larger than allowed', async () => {
    const sql = sqlWith({ maxBytes: 100_000 })
    const wide = (bytes: number) =>
      sql.query(access(), { text: `select repeat('x', ${bytes})`, limit: 1 })
    expect((await wide(50_000)).rows[0]?.[0]).toHaveLength(50_000)
    expect(await failureOf(wide(50_000_000))).toMatchObject({
      code: 'UPSTREAM',
      message: 'The database of "Sales" cannot be asked: it sent more than allowed.',
    })
  })

  test('tells that a database is not there', async () => {
    const gone = sqlWith().tables(access({ url: `${url}_gone` }), all)
    expect((await failureOf(gone)).message).toMatch(
      /answered: database .* does not exist \(3D000\)/,
    )
  })

  describe('whom it calls', () => {
    const named = `postgres://${reader}@db.example:5432/${database}`
    const select = { text: 'select 1 as one', limit: 1 }

    test('a private address only where the operator allows it', async () => {
      for (const allow of [[], ['127.0.0.1:5433'], ['10.0.0.0/8']]) {
        const { code, message: words } = await failureOf(sqlWith({ allow }).query(access(), select))
        expect(code).toBe('UPSTREAM')
        expect(words).toContain('Calls to 127.0.0.1 on port 5432 are refused')
        expect(words).not.toContain('pass-word')
      }
    })

    test('a name only where all its addresses may be called', async () => {
      const resolve = async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '93.184.216.34', family: 4 },
      ]
      const sql = sqlWith({ allow: [], resolve })
      const { message: words } = await failureOf(sql.query(access({ url: named }), select))
      expect(words).toContain('Calls to db.example on port 5432 are refused')
    })

    test('the address that was looked up and judged, once', async () => {
      const resolve = vi
        .fn<NonNullable<SqlOptions['resolve']>>()
        .mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }])
        .mockResolvedValue([{ address: '192.0.2.1', family: 4 }])
      const sql = sqlWith({ resolve })
      const { rows } = await sql.query(access({ url: named }), select)
      expect(rows).toEqual([['1']])
      expect(resolve.mock.calls).toEqual([['db.example']])
    })
  })

  const certificate = selfSigned()

  describe.skipIf(certificate === undefined)('behind TLS', () => {
    const ask = async (mode: string) => {
      if (certificate === undefined) throw new Error('skipped')
      const { host } = await startFake(behindTls(certificate, 5432))
      const sql = sqlWith({ allow: [host] })
      const at = `postgres://${reader}@${host}/${database}?sslmode=${mode}`
      return sql.query(access({ url: at }), { text: 'select 1 as one', limit: 1 })
    }

    test('a certificate that nobody signed is refused unless the address says otherwise', async () => {
      expect((await ask('no-verify')).rows).toEqual([['1']])
      for (const mode of ['require', 'verify-full']) {
        expect((await failureOf(ask(mode))).message).toBe(
          'The database of "Sales" could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT).',
        )
      }
    })
  })
})
