import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPasswords, type Passwords } from '../src/platform/workers/passwords.ts'
import { startApp, type Answer, type Person, type Row, type TestApp } from './harness.ts'
import { passwordCost } from './setup/people.ts'

let app: TestApp
let victim: Person
let hashes = 0

/** The real thing, counted. */
function counted(passwords: Passwords): Passwords {
  return {
    ...passwords,
    verify(password, hash) {
      hashes += 1
      return passwords.verify(password, hash)
    },
  }
}

const limits = {
  loginPerAddress: { limit: 30, windowSeconds: 900 },
  loginPerAccount: { limit: 10, windowSeconds: 900 },
  verifyPerAddress: { limit: 5, windowSeconds: 300 },
  exchangePerAddress: { limit: 5, windowSeconds: 300 },
  refreshPerAddress: { limit: 5, windowSeconds: 300 },
}

beforeAll(async () => {
  app = await startApp({
    env: { RATE_LIMITS: JSON.stringify(limits) },
    passwords: counted(createPasswords({ cost: passwordCost, threads: 1, maxQueue: 200 })),
  })
  victim = await app.addPerson()
})
afterAll(() => app.close())

let last = 0
/** An address that was not used before. */
const newAddress = (): string => `198.51.100.${(last += 1)}`

function login(email: string, password: string, address: string): Promise<Answer<Row>> {
  return app.rest('POST', '/auth/login', { address, body: { username: email, password } })
}

async function hashesOf(work: () => Promise<unknown>): Promise<number> {
  const before = hashes
  await work()
  return hashes - before
}

describe('threat 10: who has an account', () => {
  it('is told neither by the answer nor by the work', async () => {
    const address = newAddress()
    const answers: Answer<Row>[] = []
    for (const email of [victim.email, 'nobody@example.com']) {
      const work = () => login(email, 'wrong password', address).then((a) => answers.push(a))
      expect(await hashesOf(work)).toBe(1)
    }
    const [known, unknown] = answers.map(({ status, body }) => ({ status, ...body, requestId: '' }))
    expect(known).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    expect(unknown).toEqual(known)
  })

  it('nor that it is disabled', async () => {
    const gone = await app.addPerson()
    const em = app.app.deps.database.jobsEm()
    await em.transactional((inner) =>
      inner.execute('update app_user set disabled = true where id = ?', [gone.userId]),
    )
    const address = newAddress()
    const right = await login(gone.email, gone.password, address)
    const wrong = await login(gone.email, 'wrong password', address)
    expect({ ...right.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' })
    expect(right.status).toBe(401)
  })
})

describe('threat 11: guessing passwords', () => {
  it('ends after the limit, for this account from this address', async () => {
    const address = newAddress()
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess += 1) {
      statuses.push((await login(victim.email, `guess ${guess}`, address)).status)
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    const refused = await login(victim.email, victim.password, address)
    expect([refused.status, refused.body['code']]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const other = await app.addPerson()
    expect((await login(other.email, other.password, address)).status).toBe(200)
    expect((await login(victim.email, victim.password, newAddress())).status).toBe(200)
    app.clock.advance(901)
    expect((await login(victim.email, victim.password, address)).status).toBe(200)
  })

  it('at once is bounded like in turn', async () => {
    const address = newAddress()
    const guess = (_: unknown, n: number) => login(victim.email, `guess ${n}`, address)
    const work = () => Promise.all(Array.from({ length: 100 }, guess))
    expect(await hashesOf(work)).toBe(10)
  })

  it('over many accounts ends too, and right passwords never count', async () => {
    const address = newAddress()
    for (let n = 0; n < 40; n += 1) await login(victim.email, victim.password, address)
    const statuses: number[] = []
    for (let n = 0; n < 32; n += 1) {
      statuses.push((await login(`user${n}@example.com`, 'password', address)).status)
    }
    expect(statuses).toEqual([...Array(30).fill(401), 429, 429])
  })
})

describe('guessing keys, secrets and refresh tokens', () => {
  it.each([
    ['GET', '/verify/apikey/sk_wrong', undefined],
    ['POST', '/auth/refreshToken', { refreshToken: 'wrong' }],
    [
      'POST',
      '/auth/token',
      { grant_type: 'client_credentials', client_id: 'key_1', client_secret: 'sk_x' },
    ],
  ])('%s %s ends after the limit of failures', async (method, path, body) => {
    const address = newAddress()
    const statuses: number[] = []
    for (let n = 0; n < 7; n += 1) {
      statuses.push((await app.rest(method, path, { body, address })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  })

  it('is not what those do who verify a live key often', async () => {
    const { token } = await app.signIn(app.owner)
    const { apiKey } = await app.addKey({ token })
    const address = newAddress()
    for (let n = 0; n < 20; n += 1) {
      const { status } = await app.rest('GET', `/verify/apikey/${apiKey}`, { address })
      expect(status).toBe(200)
    }
  })
})

describe('threat 12: passwords as a weapon', () => {
  it('too long ones are refused before any work', async () => {
    const work = async () => {
      const long = await login(victim.email, 'x'.repeat(129), newAddress())
      expect([long.status, long.body['code']]).toEqual([400, 'BAD_REQUEST'])
      const huge = await login(victim.email, 'x'.repeat(1_000_000), newAddress())
      expect([huge.status, huge.body['code']]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    }
    expect(await hashesOf(work)).toBe(0)
  })

  it('all 128 characters count', async () => {
    const person = await app.addPerson()
    const password = `${'a'.repeat(72)}x`
    const body = { currentPassword: person.password, newPassword: password }
    await app.rest('POST', '/auth/changePassword', { token: person.token, body })
    const twin = `${'a'.repeat(72)}y`
    expect((await login(person.email, twin, newAddress())).status).toBe(401)
    expect((await login(person.email, password, newAddress())).status).toBe(200)
  })

  it('more at once than can wait get 503, and none is lost', async () => {
    const passwords = createPasswords({ cost: 10, threads: 1, maxQueue: 4 })
    const small = await startApp({ passwords })
    const body = { username: victim.email, password: 'wrong password' }
    const answers = Promise.all(
      Array.from({ length: 50 }, () => small.rest('POST', '/auth/login', { body })),
    )
    const ping = await small.call('GET', '/api/v1/ping')
    expect([ping.status, ping.text]).toEqual([200, 'pong'])
    const statuses = (await answers).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([401, 503]))
    const busy = (await answers).find(({ status }) => status === 503)
    expect(busy?.headers.get('retry-after')).toBe('1')
    expect(busy?.body['code']).toBe('UNAVAILABLE')
    await small.close()
  })
})

describe('threat 30: many in one', () => {
  const one = (name: string) => `${name}: login(username: "a@b.c", password: "p") { token }`

  it('a document with two logins is refused before any work, under any disguise', async () => {
    const documents = [
      `mutation { ${one('a')} ${one('b')} }`,
      `mutation { ${Array.from({ length: 100 }, (_, n) => one(`a${n}`)).join(' ')} }`,
      `mutation { ...two } fragment two on Mutation { ${one('a')} ...three }
       fragment three on Mutation { ${one('b')} }`,
      `mutation { ${one('a')} ... on Mutation { ${one('b')} } }`,
    ]
    const headers = { accept: 'application/graphql-response+json' }
    for (const document of documents) {
      const work = async () => {
        const answer = await app.gql(document, {}, { headers })
        expect([answer.status, answer.code]).toEqual([400, 'BAD_REQUEST'])
      }
      expect(await hashesOf(work)).toBe(0)
    }
  })

  it('a batch of operations is refused', async () => {
    const query = `mutation { ${one('a')} }`
    const work = async () => {
      const { status } = await app.call('POST', '/graphql', { body: [{ query }, { query }] })
      expect(status).toBe(400)
    }
    expect(await hashesOf(work)).toBe(0)
  })
})
