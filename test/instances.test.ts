import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createApp, type App } from '../src/app.ts'
import { readConfig } from '../src/platform/config.ts'
import { createLog } from '../src/platform/log.ts'
import { createPasswords } from '../src/platform/workers/passwords.ts'
import { databaseKind, owner, ring, startApp, type TestApp } from './harness.ts'
import { passwordCost } from './setup/people.ts'
import { createDatabase, dropDatabases, withClient } from './setup/postgres-databases.ts'

/** Several instances on one database, which the embedded one cannot have. */
describe.runIf(databaseKind === 'postgres')('two instances on one PostgreSQL', () => {
  let one: TestApp
  let two: TestApp

  beforeAll(async () => {
    one = await startApp()
    two = await startApp({ beside: one })
  })
  afterAll(async () => {
    await two.close()
    await one.close()
  })

  /** What is true within a second, as the contract says. */
  const soon = { timeout: 1000, interval: 20 }

  it('threat 5: an ended session ends at once here and within a second there', async () => {
    const { token, refreshToken } = await one.addPerson()
    const me = (app: TestApp) => app.rest('GET', '/auth/me', { token })
    expect([(await me(one)).status, (await me(two)).status]).toEqual([200, 200])
    await one.rest('POST', '/auth/logout', { body: { refreshToken } })
    expect((await me(one)).status).toBe(401)
    await expect.poll(async () => (await me(two)).status, soon).toBe(401)
  })

  it('threat 5: a changed password, there too', async () => {
    const { token, password, email } = await one.addPerson()
    const elsewhere = await two.signIn({ email, password })
    const body = { currentPassword: password, newPassword: 'a longer passphrase' }
    const me = () => two.rest('GET', '/auth/me', { token: elsewhere.token })
    expect((await me()).status).toBe(200)
    await one.rest('POST', '/auth/changePassword', { token, body })
    await expect.poll(async () => (await me()).status, soon).toBe(401)
  })

  it('a changed, rotated or deleted key, there too', async () => {
    const key = await one.addKey({ permissions: ['predictions:create'] })
    const { id } = await one.addFlow()
    const { token } = one.owner
    const ask = async () => {
      const call = { token: key.apiKey, body: { question: 'Hi' } }
      return (await two.rest('POST', `/prediction/${id}`, call)).status
    }
    expect(await ask()).toBe(200)
    const path = `/apikey/${key.id}`
    await one.rest('PUT', path, { token, body: { permissions: ['tools:view'] } })
    await expect.poll(ask, soon).toBe(403)
    await one.rest('PUT', path, { token, body: { permissions: ['predictions:create'] } })
    await expect.poll(ask, soon).toBe(200)
    await one.rest('DELETE', path, { token })
    await expect.poll(ask, soon).toBe(401)
  })

  it('a flow that is bound, changed or removed, there too', async () => {
    const [key, other] = [await one.addKey(), await one.addKey()]
    const { id } = await one.addFlow()
    const { token } = one.owner
    const read = () => two.rest('GET', `/public-chatflows/${id}`, { token: other.apiKey })
    const status = async () => (await read()).status
    expect(await status()).toBe(200)
    await one.rest('PUT', `/chatflows/${id}`, { token, body: { apikeyid: key.id } })
    await expect.poll(status, soon).toBe(403)
    await one.rest('PUT', `/chatflows/${id}`, { token, body: { apikeyid: '', name: 'Anew' } })
    await expect.poll(async () => (await read()).body['name'], soon).toBe('Anew')
    await one.rest('DELETE', `/chatflows/${id}`, { token })
    await expect.poll(status, soon).toBe(404)
  })

  it('threat 7: one refresh token at both yields one successor', async () => {
    const { refreshToken } = await one.addPerson()
    const renew = (app: TestApp) =>
      app.rest<{ refreshToken: string }>('POST', '/auth/refreshToken', { body: { refreshToken } })
    const answers = await Promise.all([one, two, one, two, one, two, one, two].map(renew))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const successors = new Set(answers.map(({ body }) => body.refreshToken))
    expect(successors.size).toBe(1)
    const [successor = ''] = successors
    const body = { refreshToken: successor }
    expect((await two.rest('POST', '/auth/refreshToken', { body })).status).toBe(200)
  })

  it('threat 13: twenty seconds of skew part no session', async () => {
    two.clock.advance(-20)
    const fresh = await one.addPerson()
    // A token from the future is refused for a moment; the session behind it is shared all the same.
    const body = { refreshToken: fresh.refreshToken }
    const renewed = await two.rest<{ token: string }>('POST', '/auth/refreshToken', { body })
    expect(renewed.status).toBe(200)
    const { token } = renewed.body
    expect((await one.rest('GET', '/auth/me', { token })).status).toBe(200)
    two.clock.advance(20)
    expect((await two.rest('GET', '/auth/me', { token: fresh.token })).status).toBe(200)
  })

  it('threat 20: uses counted at both are all there', async () => {
    const key = await one.addKey()
    const { id } = await one.addFlow()
    const calls = [one, two].flatMap((app) =>
      Array.from({ length: 10 }, () =>
        app.rest('POST', `/prediction/${id}`, { token: key.apiKey, body: { question: 'Hi' } }),
      ),
    )
    await Promise.all(calls)
    await Promise.all([one, two].map((app) => app.app.deps.keyUses.flush()))
    const { body } = await one.rest('GET', `/apikey/${key.id}`, { token: one.owner.token })
    expect(body['usageCount']).toBe(20)
  })
})

describe.runIf(databaseKind === 'postgres')('an empty PostgreSQL', () => {
  it('threat 51, threat 55: five instances at once migrate it once, and make one owner', async () => {
    const adminUrl = inject('adminUrl')
    const name = `${inject('prefix')}empty`
    const url = await createDatabase(adminUrl, name)
    const env = {
      DATABASE_URL: url,
      ADMIN_EMAIL: owner.email,
      ADMIN_PASSWORD: owner.password,
      JWT_SECRETS: ring(),
      VAULT_KEYS: ring(),
      DB_POOL: '2',
    }
    const start = (): Promise<App> => {
      const passwords = createPasswords({ cost: passwordCost, threads: 1 })
      const log = createLog({ level: 'silent' })
      return createApp(readConfig(env), { passwords, log })
    }
    const apps = await Promise.all([start(), start(), start(), start(), start()])
    for (const app of apps) await app.deps.database.ping()
    const found = await withClient(url, async (client) => {
      const count = async (sql: string) => (await client.query<{ n: number }>(sql)).rows[0]?.n
      return {
        owners: await count("select count(*)::int as n from membership where role = 'owner'"),
        users: await count('select count(*)::int as n from app_user'),
        twice: await count(
          'select count(*)::int - count(distinct name)::int as n from mikro_orm_migrations',
        ),
      }
    })
    expect(found).toEqual({ owners: 1, users: 1, twice: 0 })
    await Promise.all(apps.map((app) => app.close()))
    await withClient(url, (client) =>
      client.query("insert into mikro_orm_migrations (name) values ('Migration29990101000000_x')"),
    )
    await expect(start()).rejects.toThrow('newer version')
    await dropDatabases(adminUrl, name)
  })

  it('threat 55: has no owner nobody asked for', async () => {
    const adminUrl = inject('adminUrl')
    const name = `${inject('prefix')}ownerless`
    const DATABASE_URL = await createDatabase(adminUrl, name)
    const env = { DATABASE_URL, JWT_SECRETS: ring(), VAULT_KEYS: ring() }
    await expect(createApp(readConfig(env))).rejects.toThrow('ADMIN_EMAIL and ADMIN_PASSWORD')
    await dropDatabases(adminUrl, name)
  })
})
