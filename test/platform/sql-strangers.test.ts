import { afterEach, describe, expect, test, vi } from 'vitest'
import { createSql, type SqlOptions } from '../../src/platform/sql/open.ts'
import {
  accessTo,
  all,
  askPassword,
  errorMessage,
  failureOf,
  message,
  startFake,
  stopFakes,
  welcome,
} from './sql-fakes.ts'

const sqlWith = (options: Partial<SqlOptions> = {}) => createSql({ allow: [], ...options })

afterEach(stopFakes)

describe('somebody who is no database, or no friend', () => {
  const secret = 'hunter2-hunter2'
  const ask = (host: string, options: Partial<SqlOptions> & { mode?: string } = {}) =>
    sqlWith({ allow: [host], ...options }).tables(
      accessTo(`postgres://reader:${secret}@${host}/db?sslmode=${options.mode ?? ''}`),
      all,
    )

  test('a wrong password is told without the password', async () => {
    const server = await startFake((socket) => {
      socket.write(askPassword)
      socket.once('data', (sent: Buffer) => {
        const told = sent.toString('latin1', 5, sent.length - 1)
        socket.end(errorMessage('28P01', `password ${told} of user "reader" is wrong`))
      })
    })
    expect(await failureOf(ask(server.host))).toMatchObject({
      code: 'UPSTREAM',
      message: 'The database of "Sales" answered: the login is refused (28P01).',
    })
    await vi.waitFor(() => expect(server.open()).toBe(0))
  })

  test('nobody is sent a password of the server', async () => {
    const sent: string[] = []
    const server = await startFake((socket, first) => {
      sent.push(first.toString('latin1'))
      socket.write(askPassword)
      socket.once('data', (data: Buffer) => {
        sent.push(data.toString('latin1'))
        socket.end(errorMessage('28P01', 'no'))
      })
    })
    vi.stubEnv('PGPASSWORD', 'of-the-server')
    vi.stubEnv('PGOPTIONS', '-c of-the-server=1')
    try {
      const url = `postgres://reader@${server.host}/db`
      await failureOf(sqlWith({ allow: [server.host] }).tables(accessTo(url), all))
    } finally {
      vi.unstubAllEnvs()
    }
    expect(sent).toHaveLength(2)
    expect(sent.join()).not.toContain('of-the-server')
    expect(sent[0]).toContain('default_transaction_read_only=on')
  })

  test.each<[string, Buffer | string]>([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['sends a row that is shorter than it says', message('D', [0, 9, 0, 0])],
    ['sends fields that end nowhere', message('T', [127, 255, 65])],
    ['sends a count below zero', message('D', [255, 255])],
    ['sends an error without words', message('E', [0])],
    ['sends a row before anybody asked', Buffer.concat([welcome, message('D', [0, 0])])],
    ['hangs up', ''],
  ])('who %s is refused, and harms nobody', async (_what, answer) => {
    const server = await startFake((socket) => socket.end(answer))
    const { code, message: sentence } = await failureOf(ask(server.host))
    expect(code).toBe('UPSTREAM')
    expect(sentence).toMatch(/^The database of "Sales" [^\n]*\.$/)
    expect(sentence).not.toContain(secret)
    await vi.waitFor(() => expect(server.open()).toBe(0))
  })

  test('who sends without end is hung up on', async () => {
    const server = await startFake((socket) => {
      const flood = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'N')));
      }
      socket.on('drain', flood)
      flood()
    })
    expect((await failureOf(ask(server.host))).message).toContain('it sent more than allowed')
    await vi.waitFor(() => expect(server.open()).toBe(0))
  })

  test('who does not hear goodbye is left all the same', async () => {
    const server = await startFake(
      (socket) => {
        socket.write(errorMessage('28P01', 'no'))
        const timer = setInterval(() => socket.write(message('N', [0])), 20)
        socket.on('close', () => clearInterval(timer))
      },
      { allowHalfOpen: true },
    )
    expect((await failureOf(ask(server.host))).message).toContain('the login is refused')
    await vi.waitFor(() => expect(server.open()).toBe(0), 3000)
  })

  test('who says nothing is waited for no longer than allowed', async () => {
    const server = await startFake(() => undefined)
    const start = performance.now()
    expect((await failureOf(ask(server.host, { timeoutMs: 200 }))).code).toBe('TIMEOUT')
    expect(performance.now() - start).toBeLessThan(1500)
    await vi.waitFor(() => expect(server.open()).toBe(0))
  })

  test.each([
    ['has no encryption', 'N'],
    ['hangs up when asked for it', undefined],
    ['slips words in before it', Buffer.concat([Buffer.from('S'), welcome])],
  ])('who %s is not spoken to where it is asked for', async (_what, answer) => {
    const sent: Buffer[] = []
    const server = await startFake((socket) => {
      socket.on('data', (data: Buffer) => sent.push(data))
      if (answer === undefined) socket.end()
      else socket.write(answer)
    })
    const { message: sentence } = await failureOf(ask(server.host, { mode: 'require' }))
    expect(sentence).toContain('it does not offer the encryption that is asked for')
    await vi.waitFor(() => expect(server.open()).toBe(0))
    expect(sent).toEqual([])
  })

  test('a closed port is told', async () => {
    const server = await startFake(() => undefined)
    server.stop()
    expect((await failureOf(ask(server.host))).message).toBe(
      'The database of "Sales" could not be reached (ECONNREFUSED).',
    )
  })
})

test.each([
  '',
  'chinook.db',
  '/etc/passwd',
  '127.0.0.1:5432/chinook',
  'mysql://u:p@db.example/d',
  'postgres://db.example/d',
  'postgres://u:hunter2-hunter2@db.example',
  'postgres:///d?host=/var/run/postgresql&user=u',
  'postgres://u:hunter2-hunter2%@db.example/d',
])('refuses the address %s', async (address) => {
  const { code, message: sentence } = await failureOf(sqlWith().tables(accessTo(address), all))
  expect(code).toBe('UNPROCESSABLE')
  expect(sentence).toContain('needs an address of the form')
  expect(sentence).not.toContain('hunter2')
})

test('a socket file of this server is looked for as a host, and not found', async () => {
  const resolve = vi
    .fn<NonNullable<SqlOptions['resolve']>>()
    .mockRejectedValue(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
  const address = 'postgres://u:hunter2-hunter2@%2Fvar%2Frun%2Fpostgresql/d'
  const tables = sqlWith({ resolve }).tables(accessTo(address), all)
  expect((await failureOf(tables)).message).toBe(
    'The database of "Sales" could not be reached (ENOTFOUND).',
  )
  expect(resolve.mock.calls).toEqual([['%2fvar%2frun%2fpostgresql']])
})
