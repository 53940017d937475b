import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import type { SqlPort, SqlTable } from '../../src/engine/node/ports.ts'
import { draw, failureOf, run, startProvider, textOf, type Told } from './harness.ts'
import { linesOf, script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const url = 'postgres://reader:pass%2Fword-1234@db.example:5432/shop'

const flow = (inputs: Record<string, unknown> = {}) =>
  draw(
    [
      { id: 'm', name: 'chatOpenAI', inputs: { basepath: provider.baseUrl } },
      {
        id: 'sql',
        name: 'sqlDatabaseChain',
        label: 'Shop',
        category: 'Chains',
        inputs: { model: '{{m.data.instance}}', database: 'postgres', url, ...inputs },
      },
    ],
    [['m', 'sql']],
  )

const socks: SqlTable = {
  name: 'Socks',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'Colour "de"', type: 'text' },
  ],
  sample: [
    ['1', 'red'],
    [null, '{top_k}'],
  ],
}
const shoes: SqlTable = { name: 'shoes', columns: [{ name: 'size', type: 'text' }], sample: [] }

type Asked = Parameters<SqlPort['tables']> | Parameters<SqlPort['query']>

/** A database with two tables and a row; tells what it was asked. */
function database(changes: Partial<SqlPort> = {}): {
  asked: Asked[]
  ports: NonNullable<Told['ports']>
} {
  const asked: Asked[] = []
  const sql: SqlPort = {
    tables: async (...call) => {
      asked.push(call)
      return [socks, shoes]
    },
    query: async (...call) => {
      asked.push(call)
      return { columns: ['count'], rows: [['42']], hasMore: false }
    },
    ...changes,
  }
  return { asked, ports: { sql, fetch: provider.fetch } }
}

describe('sqlDatabaseChain', () => {
  test('lets the model write a query, runs it, and answers from the rows', async () => {
    const asked = script(provider, ['select count(*) from "Socks"', 'There are 42 socks.'])
    const shop = database()
    const events: FlowEvent[] = []
    const result = await run(flow(), {
      ports: shop.ports,
      input: { question: 'How many?', streaming: true },
      emit: (event) => void events.push(event),
    })
    expect(result.text).toBe('There are 42 socks.')
    expect(textOf(events)).toBe('There are 42 socks.')
    expect(shop.asked).toEqual([
      [
        { url, who: 'The database of "Shop" (sql)', signal: expect.any(AbortSignal) },
        { include: undefined, ignore: [], sampleRows: 3 },
      ],
      [expect.objectContaining({ url }), { text: 'select count(*) from "Socks"', limit: 10 }],
    ])
    const [first, second] = asked.map(linesOf)
    expect(first).toHaveLength(1)
    expect(first?.[0]).toContain(
      '"Socks" ("id" integer, "Colour ""de""" text)\n["1","red"]\n[null,"{top_k}"]\n\n' +
        '"shoes" ("size" text)',
    )
    expect(first?.[0]).toMatch(/PostgreSQL[^]*at most 10 rows[^]*How many\?$/)
    expect(second?.slice(0, 2)).toEqual([first?.[0], 'assistant: select count(*) from "Socks"'])
    expect(second?.[2]).toMatch(/\["count"\]\n\["42"\]$/)
  })

  test('counts what both questions cost', async () => {
    const fetch: typeof globalThis.fetch = async () =>
      Response.json({
        id: '1',
        created: 1,
        model: 'm',
        choices: [
          { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'select 1' } },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      })
    const { usage } = await run(flow(), { ports: { ...database().ports, fetch } })
    expect(usage).toEqual({ input_tokens: 6, output_tokens: 4, total_tokens: 10 })
  })

  test('asks for the tables and rows that its author wants, within bounds', async () => {
    const wanted = async (inputs: Record<string, unknown>) => {
      script(provider, ['select 1', 'One.'])
      const shop = database()
      await run(flow(inputs), shop)
      return shop.asked.map(([, what]) => what)
    }
    expect(
      await wanted({
        includesTables: 'Socks, shoes',
        ignoreTables: 'hats,',
        sampleRowsInTableInfo: '0',
        topK: '5',
      }),
    ).toEqual([
      { include: ['Socks', 'shoes'], ignore: ['hats'], sampleRows: 0 },
      { text: 'select 1', limit: 5 },
    ])
    expect(await wanted({ sampleRowsInTableInfo: 1000, topK: 1000 })).toMatchObject([
      { sampleRows: 10 },
      { limit: 100 },
    ])
    expect(await wanted({ sampleRowsInTableInfo: -1, topK: 0.5 })).toMatchObject([
      { sampleRows: 0 },
      { limit: 1 },
    ])
  })

  test("asks in the author's own words", async () => {
    const asked = script(provider, ['SQLQuery: select 1\nSQLResult: 1\nAnswer: 1', 'One.'])
    const shop = database()
    const customPrompt = 'You speak {dialect}. {{input}} means: {input}. At most {top_k}.'
    await run(flow({ customPrompt }), shop)
    expect(linesOf(asked[0])).toEqual([
      'user: You speak PostgreSQL. {input} means: socks. At most 10.',
    ])
    expect(shop.asked[1]?.[1]).toMatchObject({ text: 'select 1' })
  })

  test.each([
    ['```sql\nselect 1;\n```\nThis counts.', 'select 1;'],
    ['Here you are:\n```\nselect 1\n```', 'select 1'],
    ['<think>Maybe ```select 0```?</think>\nselect 1', 'select 1'],
    ['Question: how many?\nSQLQuery:\nselect 1\n\nSQLResult: [[1]]', 'select 1'],
    ['  select 1  ', 'select 1'],
  ])('finds the query in %j', async (written, text) => {
    script(provider, [written, 'One.'])
    const shop = database()
    await run(flow(), shop)
    expect(shop.asked[1]?.[1]).toMatchObject({ text })
  })

  test('shows the model no more of the rows than it can read', async () => {
    const found = { columns: ['a'], hasMore: true }
    const shownOf = async (rows: (string | null)[][]) => {
      const asked = script(provider, ['select a', 'Done.'])
      await run(flow(), database({ query: async () => ({ ...found, rows }) }))
      return linesOf(asked[1])[2] ?? ''
    }
    const wide = await shownOf(Array.from({ length: 100 }, () => ['x'.repeat(100_000)]))
    expect(wide.length).toBeGreaterThan(15_000)
    expect(wide.length).toBeLessThan(21_000)
    expect(wide).toMatch(/There are more rows than these\.$/)
    expect(await shownOf([[null]])).toMatch(/\["a"\]\n\[null\]\nThere are more rows than these\.$/)
    expect(await shownOf([])).toMatch(/There are no rows\.$/)
  })

  test('leaves samples out where there is no room, and no table', async () => {
    const asked = script(provider, ['select 1', 'One.'])
    const sample = Array.from({ length: 10 }, () => ['x'.repeat(400)])
    const tables = Array.from({ length: 40 }, (_, at) => ({ ...shoes, name: `t${at}`, sample }))
    await run(flow(), database({ tables: async () => tables }))
    const shown = linesOf(asked[0])[0] ?? ''
    expect(shown).toContain('"t39" ("size" text)')
    expect(shown.length).toBeLessThan(23_000)
  })

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['sqlite', { database: 'sqlite', url: '/srv/data.db' }, /reads PostgreSQL and no sqlite\.$/],
    ['a database that nobody chose', { database: '' }, /reads PostgreSQL and no sqlite\.$/],
    ['MySQL', { database: 'mysql' }, /reads PostgreSQL and no mysql\.$/],
    ['a database of no kind', { database: 'oracle' }, /"database" must be one of/],
    ['no address', { url: '' }, /it needs a connection string\.$/],
    ['tables that are not there', { includesTables: 'Socks, hats' }, /show .* the table hats\.$/],
  ])('refuses %s before anybody is asked', async (_what, inputs, words) => {
    const asked = script(provider, [])
    const { code, message } = await failureOf(run(flow(inputs), database()))
    expect(code).toBe('UNPROCESSABLE')
    expect(message).toContain('"Shop" (sql)')
    expect(message).toMatch(words)
    expect(asked).toEqual([])
  })

  test('refuses a database that shows no tables', async () => {
    const { code, message } = await failureOf(run(flow(), database({ tables: async () => [] })))
    expect(code).toBe('UNPROCESSABLE')
    expect(message).toBe('The database of "Shop" (sql) does not show its login any table.')
  })

  test('refuses a model that writes nothing', async () => {
    script(provider, ['```sql\n\n```'])
    expect(await failureOf(run(flow(), database()))).toMatchObject({
      code: 'UPSTREAM',
      message: 'The model of "Shop" (sql) wrote no statement.',
    })
  })

  test('tells what the database refuses, never the password', async () => {
    script(provider, ['select 1'])
    const query = async () => {
      throw new Failure('UPSTREAM', `pass/word-1234 pass%2Fword-1234 ${url} is no table.`)
    }
    const { code, message } = await failureOf(run(flow(), database({ query })))
    expect(code).toBe('UPSTREAM')
    expect(message).toMatch(/is no table\.$/)
    expect(message).not.toMatch(/word-1234/)
    const tables = async () => {
      throw new Failure('UPSTREAM', 'reader:pass word@@x is no address.')
    }
    const odd = flow({ url: 'reader:pass word@@x' })
    expect((await failureOf(run(odd, database({ tables })))).message).not.toContain('pass')
  })

  test('a moderated question reaches neither the model nor the database', async () => {
    const asked = script(provider, [])
    const shop = database()
    const moderated = draw(
      [
        { id: 'm', name: 'chatOpenAI', inputs: { basepath: provider.baseUrl } },
        {
          id: 'guard',
          name: 'inputModerationSimple',
          inputs: { denyList: 'socks', moderationErrorMessage: 'No.' },
        },
        {
          id: 'sql',
          name: 'sqlDatabaseChain',
          category: 'Chains',
          inputs: {
            model: '{{m.data.instance}}',
            database: 'postgres',
            url,
            inputModeration: ['{{guard.data.instance}}'],
          },
        },
      ],
      [
        ['m', 'sql'],
        ['guard', 'sql'],
      ],
    )
    expect((await run(moderated, shop)).text).toBe('No.')
    expect([asked, shop.asked]).toEqual([[], []])
  })

  test('an aborted run stops what the database is at', async () => {
    script(provider, ['select 1'])
    const stop = new AbortController()
    const query: SqlPort['query'] = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        stop.abort(new Failure('CONFLICT', 'Stopped.'))
      })
    const stopped = run(flow(), { ...database({ query }), signal: stop.signal })
    expect((await failureOf(stopped)).message).toBe('Stopped.')
  })
})
