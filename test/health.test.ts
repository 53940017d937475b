import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { databaseKind, startApp, type TestApp } from './harness.ts'

/** Of the right form; using the owner's own twice would end their session. */
const unknown = `rt_${'0'.repeat(32)}_${'a'.repeat(43)}`

const ready = async (app: TestApp) => {
  const { body } = await app.call('GET', '/health/ready')
  return body
}

describe('health', () => {
  it('says that the process lives and is ready', async () => {
    const app = await startApp()
    expect(await ready(app)).toEqual({ status: 'ok' })
    expect((await app.call('GET', '/health/live')).body).toEqual({ status: 'ok' })
    await app.close()
  })
})

/** A wire to the database that can be cut and mended. */
async function wireTo(url: string) {
  const target = new URL(url)
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const wired = new URL(url)
  wired.hostname = '127.0.0.1'
  wired.port = String((server.address() as AddressInfo).port)
  return {
    url: wired.href,
    cut() {
      isCut = true
      for (const socket of open) socket.destroy()
    },
    mend() {
      isCut = false
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

describe.skipIf(databaseKind === 'embedded')('threat 50: a database that is away', () => {
  let home: TestApp
  let app: TestApp
  let wire: Awaited<ReturnType<typeof wireTo>>
  let key: string
  let flowId: string

  beforeAll(async () => {
    home = await startApp({ expectsBugs: true })
    wire = await wireTo(home.env['DATABASE_URL'] ?? '')
    const env = { DATABASE_URL: wire.url, DB_POOL: '5' }
    app = await startApp({ beside: home, env, expectsBugs: true })
    key = (await app.addKey()).apiKey
    flowId = (await app.addFlow()).id
  })
  afterAll(async () => {
    await app.close()
    await wire.close()
    await home.close()
  })

  async function connectDirectly(): Promise<Client> {
    const client = new Client({ connectionString: home.env['DATABASE_URL'] })
    // When the test fails half-way, dropping the database ends it.
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  const calls = () =>
    [
      ['GET', '/chatflows', { token: app.owner.token }],
      ['GET', `/chatflows/${flowId}`, { token: app.owner.token }],
      ['GET', `/public-chatflows/${flowId}`, { token: key }],
      ['GET', `/verify/apikey/${key}`, {}],
      ['POST', `/prediction/${flowId}`, { token: key, body: { question: 'q' } }],
      ['POST', '/variables', { token: app.owner.token, body: { name: 'v', value: 'x' } }],
      ['POST', '/auth/login', { body: { username: app.owner.email, password: 'wrong one' } }],
      ['POST', '/auth/refreshToken', { body: { refreshToken: unknown } }],
    ] as const

  const askAll = () =>
    Promise.all(calls().map(([method, path, init]) => app.rest(method, path, init)))

  /** Refuses in words, and never the caller. */
  async function expectAway(): Promise<void> {
    for (const { status, headers, body, text } of await askAll()) {
      expect(status, `sent: ${text}`).toBe(503)
      expect(headers.get('retry-after')).toBe('1')
      expect(body['code']).toBe('UNAVAILABLE')
      expect(text).not.toMatch(/ECONN|terminat|127\.0\.0\.1|postgres/i)
    }
    const { code } = await app.gql('{ chatflows { id } }', {}, { token: app.owner.token })
    expect(code).toBe('UNAVAILABLE')
  }

  /** Well again without a restart. */
  async function expectBack(): Promise<void> {
    await vi.waitFor(
      async () => {
        expect(await ready(app)).toEqual({ status: 'ok' })
        const [list, ...others] = await askAll()
        expect(list?.status).toBe(200)
        for (const { status } of others) expect(status).not.toBe(503)
      },
      { timeout: 3000 },
    )
  }

  it('threat 50: answers 503 with Retry-After and never 401, and recovers by itself', async () => {
    wire.cut()
    await expectAway()
    await expectAway()
    const away = { status: 'unavailable', reasons: ['The database does not answer.'] }
    expect(await ready(app)).toEqual(away)
    expect((await app.call('GET', '/health/live')).status).toBe(200)
    expect((await app.call('GET', '/api/v1/ping')).status).toBe(200)
    wire.mend()
    await expectBack()
  })

  it('threat 50: outlives the end of all its connections', async () => {
    const admin = await connectDirectly()
    for (let round = 0; round < 10; round += 1) {
      const asked = Promise.all(Array.from({ length: 4 }, askAll))
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
      const answers = (await asked).flat()
      // Only who has no good proof is refused as such: a wrong password, an unknown refresh token.
      const sound = answers.filter((_, index) => index % calls().length < 6)
      for (const { status, text } of answers) expect(status, `sent: ${text}`).not.toBe(500)
      for (const { status, text } of sound)
        expect([200, 409, 503], `sent: ${text}`).toContain(status)
    }
    await admin.end()
    await expectBack()
    // None of them is held for good by a transaction that could not be rolled back.
    await vi.waitFor(async () => {
      const reading = await app.app.deps.database.pool()
      expect(reading?.idle).toBe(reading?.open)
    }, 3000)
  })

  it('threat 50: refuses in two seconds what finds no free connection', async () => {
    const holder = await connectDirectly()
    await holder.query('begin; lock table chatflow in access exclusive mode')
    const start = performance.now()
    const asked = Array.from({ length: 50 }, async () => {
      const { status } = await app.rest('GET', '/chatflows', { token: app.owner.token })
      return { status, took: performance.now() - start }
    })
    expect((await app.call('GET', '/health/live')).status).toBe(200)
    await vi.waitUntil(() => performance.now() - start > 3000, { timeout: 5000 })
    await holder.query('rollback')
    await holder.end()
    const answers = await Promise.all(asked)
    const refused = answers.filter(({ status }) => status === 503)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(refused).toHaveLength(45)
    for (const { took } of refused) expect(took).toBeLessThan(2900)
    await expectBack()
  })
})
