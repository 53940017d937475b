import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Answer, type Person, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

interface Tokens extends Row {
  readonly token: string
  readonly refreshToken: string
}

const refresh = (refreshToken: string): Promise<Answer<Tokens>> =>
  app.rest<Tokens>('POST', '/auth/refreshToken', { body: { refreshToken } })

const works = async (token: string): Promise<boolean> =>
  (await app.rest('GET', '/auth/me', { token })).status === 200

const again = (person: Person): Promise<Person> => app.signIn(person)

describe('signing in', () => {
  it('takes the address under both names, in any case and form', async () => {
    const person = await app.addPerson({ email: 'Zoë@Example.com' })
    for (const name of ['username', 'email']) {
      const body = { [name]: ' zoe\u0308@EXAMPLE.com', password: person.password }
      expect((await app.rest('POST', '/auth/login', { body })).status).toBe(200)
    }
  })

  it('tells who and where, as a person asks later', async () => {
    const { body } = await app.rest('GET', '/auth/me', { token: app.owner.token })
    expect(body).toMatchObject({ id: app.owner.userId, role: 'owner', name: null })
    const { data } = await app.gql('{ me { id role name } }', {}, { token: app.owner.token })
    expect(data['me']).toEqual({ id: app.owner.userId, role: 'owner', name: null })
  })

  it.each([
    [{}, 'password is required.'],
    [{ password: 'x' }, 'username is required: the e-mail address.'],
    [{ username: 'a@b.c', password: '' }, 'password must not be empty.'],
    [{ username: 7, password: 'x' }, 'username must be text.'],
  ])('refuses %j with a sentence', async (body, message) => {
    const answer = await app.rest('POST', '/auth/login', { body })
    expect(answer.status).toBe(400)
    expect(answer.body['message']).toBe(message)
  })

  it('overlooks a stale token that came along', async () => {
    const { email, password } = app.owner
    const body = { username: email, password }
    expect((await app.rest('POST', '/auth/login', { body, token: 'stale' })).status).toBe(200)
  })
})

describe('refreshing', () => {
  it('hands out a pair that works, once', async () => {
    const { refreshToken } = await app.addPerson()
    const { status, body } = await refresh(refreshToken)
    expect(status).toBe(200)
    expect(body.refreshToken).not.toBe(refreshToken)
    expect(await works(body.token)).toBe(true)
    expect((await refresh(body.refreshToken)).status).toBe(200)
  })

  it('threat 6: a token used again later ends its session, and no other', async () => {
    const person = await app.addPerson()
    const elsewhere = await again(person)
    const second = (await refresh(person.refreshToken)).body
    app.clock.advance(11)
    const reused = await refresh(person.refreshToken)
    expect(reused.status).toBe(401)
    expect(reused.body['message']).toContain('refresh_reused')
    expect((await refresh(second.refreshToken)).status).toBe(401)
    expect(await works(second.token)).toBe(false)
    expect(await works(elsewhere.token)).toBe(true)
    expect((await refresh(elsewhere.refreshToken)).status).toBe(200)
  })

  it('threat 7: twenty at once get one and the same successor', async () => {
    const { refreshToken } = await app.addPerson()
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const successors = new Set(answers.map(({ body }) => body.refreshToken))
    expect(successors.size).toBe(1)
    const [successor = ''] = successors
    app.clock.advance(60)
    const next = await refresh(successor)
    expect(next.status).toBe(200)
    expect(await works(next.body.token)).toBe(true)
  })

  it('refuses everything that is no token of ours', async () => {
    const { refreshToken } = await app.addPerson()
    const changed = refreshToken.slice(0, -1) + (refreshToken.endsWith('0') ? '1' : '0')
    for (const wrong of ['x', `rt_${'0'.repeat(32)}_${'a'.repeat(43)}`, changed]) {
      const answer = await refresh(wrong)
      expect(answer.status).toBe(401)
      expect(answer.body['message']).toBe('The refresh token is not valid, or not any more.')
    }
    expect((await refresh(refreshToken)).status).toBe(200)
  })

  it('does not outlive the session', async () => {
    const late = await startApp({ env: { REFRESH_TTL: '30m', JWT_TTL: '24h' } })
    const { refreshToken, token } = late.owner
    const status = async () => (await late.rest('GET', '/auth/me', { token })).status
    expect(await status()).toBe(200)
    late.clock.advance(31 * 60)
    expect(await status()).toBe(401)
    const body = { refreshToken }
    expect((await late.rest('POST', '/auth/refreshToken', { body })).status).toBe(401)
    await late.close()
  })
})

describe('leaving', () => {
  it('ends the session of the bearer token, at once', async () => {
    const person = await app.addPerson()
    const other = await again(person)
    const { status, body } = await app.rest('POST', '/auth/logout', { token: person.token })
    expect([status, body]).toEqual([200, { loggedOut: true }])
    expect(await works(person.token)).toBe(false)
    expect((await refresh(person.refreshToken)).status).toBe(401)
    expect(await works(other.token)).toBe(true)
  })

  it('ends the session that a refresh token names', async () => {
    const { token, refreshToken } = await app.addPerson()
    const body = { refreshToken }
    expect((await app.rest('POST', '/auth/logout', { body })).status).toBe(200)
    expect(await works(token)).toBe(false)
    expect((await app.rest('POST', '/auth/logout', { body })).status).toBe(401)
    expect((await app.rest('POST', '/auth/logout')).status).toBe(401)
  })

  it('lists sessions, and ends one of them but nobody else’s', async () => {
    const person = await app.addPerson()
    const other = await again(person)
    const list = await app.rest<Row[]>('GET', '/auth/sessions', { token: person.token })
    expect(list.body.map(({ id, current }) => ({ id, current }))).toEqual([
      { id: other.sessionId, current: false },
      { id: person.sessionId, current: true },
    ])
    const foreign = `/auth/sessions/${app.owner.sessionId}`
    expect((await app.rest('DELETE', foreign, { token: person.token })).status).toBe(404)
    const own = `/auth/sessions/${other.sessionId}`
    expect((await app.rest('DELETE', own, { token: person.token })).body).toEqual({
      id: other.sessionId,
      deleted: true,
    })
    expect(await works(other.token)).toBe(false)
    expect(await works(app.owner.token)).toBe(true)
    expect((await app.rest('DELETE', own, { token: person.token })).status).toBe(404)
  })
})

describe('changing the password', () => {
  it('ends every other session and lets only the new one in', async () => {
    const person = await app.addPerson()
    const other = await again(person)
    const body = { currentPassword: person.password, newPassword: 'a longer passphrase' }
    const wrong = { ...body, currentPassword: 'not my password' }
    const { token } = person
    const refused = await app.rest('POST', '/auth/changePassword', { token, body: wrong })
    expect(refused.status).toBe(403)
    expect(await works(other.token)).toBe(true)
    expect((await app.rest('POST', '/auth/changePassword', { token, body })).body).toEqual({
      changed: true,
    })
    expect(await works(token)).toBe(true)
    expect(await works(other.token)).toBe(false)
    expect((await refresh(other.refreshToken)).status).toBe(401)
    await expect(again(person)).rejects.toThrow('Nobody was signed in')
    await again({ ...person, password: body.newPassword })
  })

  it.each(['short', 'x'.repeat(129)])('refuses %.10s…', async (newPassword) => {
    const { token, password } = app.owner
    const body = { currentPassword: password, newPassword }
    expect((await app.rest('POST', '/auth/changePassword', { token, body })).status).toBe(400)
  })
})

describe('workspaces', () => {
  it('are switched with new tokens, and the old ones keep theirs', async () => {
    const person = await app.addPerson()
    const { token } = person
    const made = await app.rest('POST', '/workspaces', { token, body: { name: 'Second' } })
    expect(made.body).toMatchObject({ name: 'Second', role: 'owner' })
    const switched = await app.rest<Tokens>('POST', `/workspaces/${made.body.id}/switch`, { token })
    expect(switched.body['user']).toMatchObject({ activeWorkspaceId: made.body.id })
    const flow = await app.addFlow({}, switched.body.token)
    expect(flow['workspaceId']).toBe(made.body.id)
    const path = `/chatflows/${flow.id}`
    expect((await app.rest('GET', path, { token })).status).toBe(404)
    expect((await app.rest('GET', path, { token: switched.body.token })).status).toBe(200)
    const renewed = await refresh(switched.body.refreshToken)
    expect(renewed.body['user']).toMatchObject({ activeWorkspaceId: made.body.id })
    const mine = await app.rest<Row[]>('GET', '/workspaces', { token })
    expect(mine.body.map(({ id }) => id)).toEqual([person.workspaceId, made.body.id])
  })

  it('of others are not there', async () => {
    const { token } = await app.addPerson()
    const path = `/workspaces/${app.owner.workspaceId}/switch`
    expect((await app.rest('POST', path, { token })).status).toBe(404)
    const mine = await app.rest<Row[]>('GET', '/workspaces', { token })
    expect(mine.body.map(({ id }) => id)).not.toContain(app.owner.workspaceId)
  })
})
