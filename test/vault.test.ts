import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../src/core/seal.ts'
import { Credential } from '../src/credentials/entity.ts'
import { reencryptCredentials } from '../src/credentials/rotation.ts'
import { readConfig } from '../src/platform/config.ts'
import { ring, startApp, type TestApp } from './harness.ts'

const oldKey = ring().replace('k1:', 'old:')
const newKey = ring().replace('k1:', 'new:')
const keysOf = (value: string) => readConfig({ VAULT_KEYS: value }).vaultKeys ?? []

let app: TestApp

beforeAll(async () => {
  app = await startApp({ env: { VAULT_KEYS: oldKey } })
})
afterAll(() => app.close())

async function addCredential(secret: string): Promise<string> {
  const answer = await app.rest('POST', '/credentials', {
    token: app.owner.token,
    body: { name: 'c', credentialName: 'openAIApi', plainDataObj: { openAIApiKey: secret } },
  })
  expect(answer.status).toBe(200)
  return answer.body.id
}

async function sealed(): Promise<Map<string, string>> {
  const { database } = app.app.deps
  const rows = await database.rows<{ id: string; encrypted_data: string }>(
    database.jobsEm(),
    'select id, encrypted_data from credential',
  )
  return new Map(rows.map((row) => [row.id, row.encrypted_data]))
}

describe('threat 25: rotating the vault key', () => {
  it('re-encrypts what is under an older key, and may be run again', async () => {
    const ids = [await addCredential('one'), await addCredential('two')]
    const { database } = app.app.deps
    const vault = createVault([...keysOf(newKey), ...keysOf(oldKey)])
    expect(await reencryptCredentials(database, vault, 'new')).toEqual({ resealed: 2, failed: [] })
    const after = await sealed()
    expect([...after.values()].every((value) => value.startsWith('v1.new.'))).toBe(true)
    expect(await reencryptCredentials(database, vault, 'new')).toEqual({ resealed: 0, failed: [] })
    const place = { table: 'credential', workspaceId: app.owner.workspaceId }
    const opened = ids.map((id) => vault.open(after.get(id) ?? '', { ...place, rowId: id }))
    expect(opened.map((text) => JSON.parse(text))).toEqual([
      { openAIApiKey: 'one' },
      { openAIApiKey: 'two' },
    ])
  })

  it('names what does not open, and goes on with the rest', async () => {
    const lost = createVault(keysOf(ring().replace('k1:', 'other:')))
    const { database } = app.app.deps
    const { resealed, failed } = await reencryptCredentials(database, lost, 'other')
    expect(resealed).toBe(0)
    expect(failed.length).toBe((await sealed()).size)
  })

  it('makes the server not ready while a needed key is missing, naming it', async () => {
    const ready = await app.call('GET', '/health/ready')
    expect(ready.status).toBe(503)
    expect(ready.text).toContain('vault key \\"new\\"')
  })
})

describe('threat 25: a sealed value', () => {
  it('opens in no other row, and says so without showing anything', async () => {
    const [a, b] = [await addCredential('CANARY-a'), await addCredential('CANARY-b')]
    const values = await sealed()
    const { database } = app.app.deps
    const em = database.workspaceEm({ workspaceId: app.owner.workspaceId })
    await em.nativeUpdate(Credential, { id: a }, { encryptedData: values.get(b) ?? '' })
    const read = await app.rest('GET', `/credentials/${a}`, { token: app.owner.token })
    expect(read.status).toBe(409)
    expect(read.text).not.toContain('CANARY')
    const again = await app.rest('PUT', `/credentials/${a}`, {
      token: app.owner.token,
      body: { plainDataObj: { openAIApiKey: 'anew' } },
    })
    expect(again.status).toBe(200)
    const mended = await app.rest('GET', `/credentials/${a}`, { token: app.owner.token })
    expect(mended.status).toBe(200)
  })
})
