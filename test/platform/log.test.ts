import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLog, scrub } from '../../src/platform/log.ts'

const key = `sk_${'Ab3dEf'.repeat(8)}`
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
const canary = 'CANARY\\"with" quotes'

describe('a line of the log', () => {
  test('is JSON with time, level and message', () => {
    const line = record((log) => log.info({ status: 200 }, 'request'))
    expect(line).toMatchObject({ level: 'info', status: 200, msg: 'request' })
    expect(String(line['time'])).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(line).not.toHaveProperty('hostname')
  })

  test('threat 8: holds no secret, wherever it was put', () => {
    const line = record((log) =>
      log.error(
        {
          err: new Error(`no such key ${key}`, { cause: new Error(`Bearer ${jwt}`) }),
          url: `/api/v1/verify/apikey/${key}?token=CANARY-query`,
          path: `/x/${jwt}/y`,
          deep: { list: [{ password: canary, apiSecret: 'CANARY', 'x-api-key': 'CANARY' }] },
          body: JSON.stringify({ username: 'a', newPassword: canary, inner: { token: 'CANARY' } }),
          twice: JSON.stringify({ body: JSON.stringify({ password: canary }) }),
          headers: { authorization: 'Basic Q0FOQVJZ', cookie: 'a=CANARY' },
        },
        `connect to postgres://user:CANARY@db/x with ${encodeURIComponent(`/${key}`)} and sk-proj-CANARY123`,
      ),
    )
    const text = JSON.stringify(line)
    expect(text).not.toContain('CANARY')
    expect(text).not.toContain(key)
    expect(text).not.toContain('eyJ')
    expect(text).not.toContain('Q0FOQVJZ')
    expect(text).toContain('"username\\":\\"a\\"')
  })

  test('threat 8: is written by the real destination scrubbed, and not lost at the end', async () => {
    const script = `
      import { createLog } from '${pathToFileURL(resolve('src/platform/log.ts')).href}'
      const log = createLog({ level: 'trace' })
      for (let line = 0; line < 1000; line += 1) log.trace('${key}')`
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      script,
    ])
    expect(stdout.trim().split('\n')).toHaveLength(1000)
    expect(stdout).not.toContain('sk_')
  })

  test('obeys the level', () => {
    const lines: string[] = []
    const log = createLog({ level: 'warn', destination: { write: (line) => lines.push(line) } })
    log.info('quiet')
    log.child({ requestId: 'r' }).warn('loud')
    expect(lines).toHaveLength(1)
  })
})

describe('scrub', () => {
  const harmless = [
    'the task_list and the disk-usage are fine',
    '{"tokens":12,"max_tokens":5,"passwordless":"yes","apikeyid":"key_1"}',
    'http://127.0.0.1:3000/api/v1/chatflows/0198c5a2-0000-7000-8000-000000000000',
    'a basic idea',
  ]
  test.for(harmless)('leaves alone: %s', (text) => {
    expect(scrub(text)).toBe(text)
  })

  test('threat 8: keeps JSON whole and the password out of it, whatever the password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(2), (password, depth) => {
        let value: unknown = { a: 1, password: `<<${password}`, b: 2 }
        for (let level = 0; level < depth; level += 1) value = { body: JSON.stringify(value) }
        const scrubbed = scrub(JSON.stringify(value))
        expect(scrubbed).not.toContain('<<')
        expect(() => JSON.parse(scrubbed)).not.toThrow()
      }),
    )
  })

  /** As JSON in the text of JSON, so many times. */
  const nested = (value: unknown, times: number): string =>
    times === 0 ? JSON.stringify(value) : nested({ body: JSON.stringify(value) }, times - 1)
  const keys = [
    'password',
    'PASSWORD',
    'passphrase',
    'x-api-key',
    'api_key',
    'privateKey',
    'refresh-token',
    'Set-Cookie',
    `${'x'.repeat(41)}password`,
    `${'a-very-long-name-'.repeat(20)}Password`,
    `${'a b.c/d '.repeat(20)}password`,
    'żółta password',
    'the "quoted" password',
  ]

  test.each(keys.flatMap((name) => [0, 1, 2, 3].map((times) => [name, times] as const)))(
    'threat 8: tells nothing of "%s", %i deep in JSON',
    (name, times) => {
      for (const value of ['CANARY', canary, 'CANARY\\', 'a\n"CANARY', '{"a":"CANARY"}']) {
        const scrubbed = scrub(nested({ a: 'kept', [name]: value, b: 'kept too' }, times))
        expect(scrubbed).not.toContain('CANARY')
        expect(scrubbed).toContain('kept too')
        expect(() => JSON.parse(scrubbed)).not.toThrow()
      }
    },
  )

  test.each(['password', `${'x'.repeat(60)}password`])(
    'threat 8: tells nothing of %s=… in forms and query strings',
    (name) => {
      expect(scrub(`a=1&${name}=CANARY&b=2`)).toBe(`a=1&${name}=***&b=2`)
      expect(scrub(`/x?${name}=CANARY"`)).toBe(`/x?${name}=***"`)
    },
  )

  test('threat 8: tells nothing at the end of a long line', () => {
    const filler = 'the quick brown fox '.repeat(10_000)
    for (const times of [0, 1, 2]) {
      const scrubbed = scrub(nested({ filler, password: 'CANARY', b: 'kept' }, times))
      expect(scrubbed).not.toContain('CANARY')
      expect(scrubbed).toContain('kept')
      expect(scrubbed.length).toBeGreaterThan(200_000)
    }
  })

  test('threat 38: takes long lines in linear time', () => {
    const lines = [
      'sk_',
      'eyJ',
      '"password":"',
      '\\"password\\":\\"',
      '://a:',
      'password=',
      'a-',
      'a.b',
      'password',
      '\\\\',
      'token"   ',
      'cookie\\\\\\" : ',
      'bearer ',
    ]
    const slow: string[] = []
    for (const part of lines) {
      const start = performance.now()
      scrub(part.repeat(200_000 / part.length))
      const ms = performance.now() - start
      if (ms > 1000) slow.push(`${part} ${ms}`)
    }
    expect(slow).toEqual([])
  })
})

function record(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLog({ level: 'trace', destination: { write: (line) => lines.push(line) } }))
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '')
}
