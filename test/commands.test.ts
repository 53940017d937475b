import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKind, ring, startApp, type TestApp } from './harness.ts'

const run = promisify(execFile)

/** Runs an operator's command beside a server, as `npm run` would. */
async function command(app: TestApp, name: string, more: { args?: string[]; env?: object } = {}) {
  const file = fileURLToPath(new URL(`../src/cli/${name}.ts`, import.meta.url))
  const env = { PATH: process.env['PATH'], ...app.env, ...more.env }
  return run(process.execPath, [file, ...(more.args ?? [])], { env })
}

// The embedded database serves one process: commands run there while the server is stopped.
describe.runIf(databaseKind === 'postgres')('an operator', { timeout: 60_000 }, () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({ env: { VAULT_KEYS: ring() } })
  })
  afterAll(() => app.close())

  it('gives a person a new password, which ends what they had, on running servers too', async () => {
    const person = await app.addPerson()
    const path = '/auth/me'
    expect((await app.rest('GET', path, { token: person.token })).status).toBe(200)
    const { stdout } = await command(app, 'owner-reset', { args: [person.email.toUpperCase()] })
    const password = /password (\S+)/.exec(stdout)?.[1] ?? ''
    const seen = async () => (await app.rest('GET', path, { token: person.token })).status
    await expect.poll(seen, { timeout: 1000 }).toBe(401)
    const back = await app.signIn({ email: person.email, password })
    expect((await app.rest('GET', path, { token: back.token })).status).toBe(200)
  })

  it('is told in one sentence who is unknown', async () => {
    const refused = command(app, 'owner-reset', { args: ['nobody@example.com'] })
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: 'Nobody here signs in as nobody@example.com.\n',
    })
  })

  it('threat 25: puts every credential under the newest key, and it still opens', async () => {
    const body = { name: 'c', credentialName: 'openAIApi', plainDataObj: { openAIApiKey: 'x' } }
    const { token } = app.owner
    const { id } = (await app.rest('POST', '/credentials', { token, body })).body
    const newest = ring().replace('k1:', 'k2:')
    const keys = `${newest},${app.env['VAULT_KEYS']}`
    const { stdout } = await command(app, 'reencrypt', { env: { VAULT_KEYS: keys } })
    expect(stdout).toContain('1 credentials are newly under the vault key "k2"')
    const renewed = await startApp({ beside: app, env: { VAULT_KEYS: newest } })
    try {
      const read = await renewed.rest('GET', `/credentials/${id}`, { token: renewed.owner.token })
      expect(read.status).toBe(200)
    } finally {
      await renewed.close()
    }
  })
})
