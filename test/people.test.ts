import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKind, startApp, type Person, type TestApp } from './harness.ts'

let app: TestApp
const members = (workspaceId: string) => `/workspaces/${workspaceId}/members`

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

interface Added {
  readonly member: { userId: string; role: string; pending: boolean }
  readonly invite: { token: string; expiresDate: string } | null
}

async function invite(by: Person, fields: Record<string, unknown>): Promise<Added> {
  const answer = await app.rest<Added>('POST', members(by.workspaceId), {
    token: by.token,
    body: { role: 'viewer', ...fields },
  })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('inviting', () => {
  it('makes a user, whose one-time invite sets a password and signs them in', async () => {
    const { owner } = app
    const added = await invite(owner, { email: 'Ada@Example.com', role: 'editor' })
    expect(added.member).toMatchObject({ email: 'ada@example.com', role: 'editor', pending: true })
    const body = { token: added.invite?.token, password: 'correct horse' }
    const accepted = await app.rest<{ token: string; user: { role: string } }>(
      'POST',
      '/auth/acceptInvite',
      { body },
    )
    expect(accepted.status).toBe(200)
    expect(accepted.body.user.role).toBe('editor')
    const flows = await app.rest('GET', '/chatflows', { token: accepted.body.token })
    expect(flows.status).toBe(200)
    expect((await app.rest('POST', '/auth/acceptInvite', { body })).status).toBe(401)
    await app.signIn({ email: 'ada@example.com', password: 'correct horse' })
  })

  it('refuses an invite that is over, and one that never was', async () => {
    const added = await invite(app.owner, { email: 'late@example.com' })
    app.clock.advance(8 * 86_400)
    const owner = await app.signIn({ email: app.owner.email, password: app.owner.password })
    for (const token of [added.invite?.token, 'inv_x', '']) {
      const answer = await app.rest('POST', '/auth/acceptInvite', {
        body: { token, password: 'correct horse' },
      })
      expect([400, 401]).toContain(answer.status)
    }
    app.clock.advance(-8 * 86_400)
    expect(owner.token).toBeTruthy()
  })

  it('takes in somebody who has a password without an invite, once', async () => {
    const elsewhere = await app.addPerson()
    const added = await invite(app.owner, { email: elsewhere.email.toUpperCase() })
    expect(added.invite).toBeNull()
    const again = await app.rest('POST', members(app.owner.workspaceId), {
      token: app.owner.token,
      body: { email: elsewhere.email, role: 'viewer' },
    })
    expect(again.status).toBe(409)
    const switched = await app.rest<{ token: string }>(
      'POST',
      `/workspaces/${app.owner.workspaceId}/switch`,
      { token: elsewhere.token },
    )
    expect(switched.status).toBe(200)
  })

  it('does not touch another workspace', async () => {
    const stranger = await app.addPerson()
    const answer = await app.rest('POST', members(app.owner.workspaceId), {
      token: stranger.token,
      body: { email: 'x@example.com', role: 'viewer' },
    })
    expect(answer.status).toBe(404)
    const list = await app.rest('GET', members(app.owner.workspaceId), { token: stranger.token })
    expect(list.status).toBe(404)
  })
})

describe('threat 16: an invite', () => {
  it("opens no other account with somebody's own proof", async () => {
    const added = await invite(app.owner, { email: 'swap@example.com' })
    const proof = added.invite?.token.split('_')[2]
    const token = `inv_${app.owner.userId.replaceAll('-', '')}_${proof}`
    const answer = await app.rest('POST', '/auth/acceptInvite', {
      body: { token, password: 'taken over' },
    })
    expect(answer.status).toBe(401)
    await app.signIn(app.owner)
  })

  it('of somebody pending elsewhere is not handed out again', async () => {
    const first = await invite(app.owner, { email: 'pending@example.com', role: 'admin' })
    const elsewhere = await app.addPerson()
    const again = await invite(elsewhere, { email: 'pending@example.com' })
    expect(again.invite).toBeNull()
    const accepted = await app.rest('POST', '/auth/acceptInvite', {
      body: { token: first.invite?.token, password: 'mine alone' },
    })
    expect(accepted.status).toBe(200)
  })
})

describe('rank', () => {
  it('lets only owners make, change, reset or remove owners', async () => {
    const { workspaceId } = app.owner
    const admin = await app.addPerson({ workspaceId, role: 'admin' })
    const attempts = [
      ['POST', members(workspaceId), { email: 'o@example.com', role: 'owner' }],
      ['PUT', `${members(workspaceId)}/${admin.userId}`, { role: 'owner' }],
      ['PUT', `${members(workspaceId)}/${app.owner.userId}`, { role: 'viewer' }],
      ['DELETE', `${members(workspaceId)}/${app.owner.userId}`, undefined],
      ['POST', `${members(workspaceId)}/${app.owner.userId}/resetPassword`, {}],
      ['POST', `${members(workspaceId)}/${app.owner.userId}/disable`, {}],
    ] as const
    for (const [method, path, body] of attempts) {
      const answer = await app.rest(method, path, { token: admin.token, body })
      expect([method, path, answer.status]).toEqual([method, path, 403])
    }
    expect((await app.rest('GET', '/chatflows', { token: app.owner.token })).status).toBe(200)
  })

  it('lets nobody hand out what they lack', async () => {
    const { workspaceId } = app.owner
    const manager = await app.addPerson({
      workspaceId,
      role: 'viewer',
      permissions: ['users:manage', 'chatflows:view'],
    })
    const refused = await app.rest('POST', members(workspaceId), {
      token: manager.token,
      body: { email: 'e@example.com', role: 'editor' },
    })
    expect(refused.status).toBe(403)
    const allowed = await app.rest('POST', members(workspaceId), {
      token: manager.token,
      body: { email: 'v@example.com', role: 'viewer', permissions: ['chatflows:view'] },
    })
    expect(allowed.status).toBe(200)
  })

  it('does not reset a password that opens a workspace of somebody else', async () => {
    const { workspaceId } = app.owner
    const elsewhere = await app.addPerson()
    await invite(app.owner, { email: elsewhere.email })
    const path = `${members(workspaceId)}/${elsewhere.userId}/resetPassword`
    const answer = await app.rest('POST', path, { token: app.owner.token, body: {} })
    expect(answer.status).toBe(403)
    await app.signIn(elsewhere)
  })

  it('threat 16: lets nobody rotate a key that may what they may not', async () => {
    const key = await app.addKey()
    const { workspaceId } = app.owner
    const permissions = ['apikeys:view', 'apikeys:update']
    const clerk = await app.addPerson({ workspaceId, role: 'viewer', permissions })
    const rotate = (token: string) =>
      app.rest('POST', `/apikey/${key.id}/rotate`, { token, body: {} })
    expect((await rotate(clerk.token)).status).toBe(403)
    expect((await rotate(app.owner.token)).status).toBe(200)
  })

  it('does not reset oneself: that takes the current password', async () => {
    const { workspaceId, userId, token } = app.owner
    const path = `${members(workspaceId)}/${userId}/resetPassword`
    expect((await app.rest('POST', path, { token, body: {} })).status).toBe(409)
  })

  it('keeps an owner who can act', async () => {
    const first = await app.addPerson()
    const second = await app.addPerson({ workspaceId: first.workspaceId, role: 'owner' })
    const own = members(first.workspaceId)
    const { token } = first
    const disable = `${own}/${second.userId}/disable`
    expect((await app.rest('POST', disable, { token, body: {} })).status).toBe(200)
    const leave = `/workspaces/${first.workspaceId}/leave`
    expect((await app.rest('POST', leave, { token, body: {} })).status).toBe(409)
  })

  it('keeps the last owner', async () => {
    const lonely = await app.addPerson()
    const own = members(lonely.workspaceId)
    const { token } = lonely
    const left = await app.rest('POST', `/workspaces/${lonely.workspaceId}/leave`, { token })
    const lowered = await app.rest('PUT', `${own}/${lonely.userId}`, {
      token,
      body: { role: 'viewer' },
    })
    expect([left.status, lowered.status]).toEqual([409, 409])
  })
})

describe('taking rights away works at once', () => {
  it('threat 5: a lowered role, a removed member, a disabled user, a reset password', async () => {
    const { workspaceId, token } = app.owner
    const editor = await app.addPerson({ workspaceId, role: 'editor' })
    const path = `${members(workspaceId)}/${editor.userId}`
    const create = () =>
      app.rest('POST', '/chatflows', { token: editor.token, body: { name: 'x' } })
    expect((await create()).status).toBe(200)
    await app.rest('PUT', path, { token, body: { role: 'viewer' } })
    expect((await create()).status).toBe(403)
    await app.rest('PUT', path, { token, body: { role: 'editor' } })
    expect((await create()).status).toBe(200)
    await app.rest('POST', `${path}/disable`, { token, body: {} })
    expect((await create()).status).toBe(401)
    await expect(app.signIn(editor)).rejects.toThrow(/./)
    await app.rest('POST', `${path}/enable`, { token, body: {} })
    const back = await app.signIn(editor)
    const reset = await app.rest<{ token: string }>('POST', `${path}/resetPassword`, {
      token,
      body: {},
    })
    expect(reset.status).toBe(200)
    expect((await app.rest('GET', '/chatflows', { token: back.token })).status).toBe(401)
    await expect(app.signIn(editor)).rejects.toThrow(/./)
    const set = await app.rest<{ token: string }>('POST', '/auth/acceptInvite', {
      body: { token: reset.body.token, password: 'a new password' },
    })
    expect(set.status).toBe(200)
    await app.rest('DELETE', path, { token })
    expect((await app.rest('GET', '/chatflows', { token: set.body.token })).status).toBe(401)
  })

  it('threat 5: within a second on another instance', async (test) => {
    test.skip(databaseKind !== 'postgres', 'the embedded database has one instance')
    const other = await startApp({ beside: app })
    try {
      const { workspaceId, token } = app.owner
      const viewer = await app.addPerson({ workspaceId, role: 'viewer' })
      const seen = () => other.rest('GET', '/chatflows', { token: viewer.token })
      expect((await seen()).status).toBe(200)
      await app.rest('DELETE', `${members(workspaceId)}/${viewer.userId}`, { token })
      await expect.poll(async () => (await seen()).status, { timeout: 1000 }).toBe(401)
    } finally {
      await other.close()
    }
  })
})

describe('removing a workspace', () => {
  it('takes everything with it, after its name was typed', async () => {
    const doomed = await app.addPerson()
    const { workspaceId, token } = doomed
    const key = await app.addKey({ token })
    expect((await app.rest('GET', `/verify/apikey/${key.apiKey}`)).status).toBe(200)
    const flow = await app.addFlow({ isPublic: true }, token)
    const only = await app.rest('POST', `/workspaces/${workspaceId}/remove`, {
      token,
      body: { confirm: 'Another workspace' },
    })
    expect(only.status).toBe(409)
    await app.rest('POST', '/workspaces', { token, body: { name: 'A second one' } })
    const path = `/workspaces/${workspaceId}/remove`
    const wrong = await app.rest('POST', path, { token, body: { confirm: 'another name' } })
    expect(wrong.status).toBe(400)
    const done = await app.rest('POST', path, { token, body: { confirm: 'Another workspace' } })
    expect(done.status).toBe(200)
    expect((await app.rest('GET', '/chatflows', { token })).status).toBe(401)
    expect((await app.rest('GET', `/verify/apikey/${key.apiKey}`)).status).toBe(401)
    const asked = await app.rest('POST', `/prediction/${flow.id}`, { body: { question: 'hi' } })
    expect(asked.status).toBe(401)
    expect((await app.rest('GET', '/chatflows', { token: app.owner.token })).status).toBe(200)
  })
})
