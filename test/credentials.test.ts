import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redacted } from '../src/credentials/service.ts'
import { startApp, type Answer, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const asOwner = <T = Row>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
  app.rest<T>(method, path, { token: app.owner.token, ...(body !== undefined && { body }) })
const create = (fields: object): Promise<Answer<Row>> =>
  asOwner('POST', '/credentials', { name: 'C', credentialName: 'openAIApi', ...fields })

/** What is really stored, as a run of a flow gets it. */
async function stored(id: string): Promise<unknown> {
  const { database, vault } = app.app.deps
  const { workspaceId } = app.owner
  const [row] = await database.rows<{ sealed: string }>(
    database.workspaceEm({ workspaceId }),
    'select encrypted_data as sealed from credential where id = ?',
    [id],
  )
  const place = { table: 'credential', rowId: id, workspaceId }
  return JSON.parse(vault.open(row?.sealed ?? '', place))
}

describe('a credential', () => {
  it('shows a mark for every secret, and what is known to be none', async () => {
    const plainDataObj = {
      azureOpenAIApiKey: 'very secret',
      azureOpenAIApiInstanceName: 'my-instance',
      unheardOf: 'secret too',
    }
    const { status, body } = await create({ credentialName: 'azureOpenAIApi', plainDataObj })
    expect(status).toBe(200)
    expect(body['plainDataObj']).toEqual({
      azureOpenAIApiKey: redacted,
      azureOpenAIApiInstanceName: 'my-instance',
      unheardOf: redacted,
    })
    expect((await asOwner('GET', `/credentials/${body.id}`)).body).toEqual(body)
    expect(body).not.toHaveProperty('encryptedData')
    expect(await stored(body.id)).toEqual(plainDataObj)
  })

  it('of an unknown type is all secret; without data it is empty', async () => {
    const { body } = await create({
      credentialName: 'constructor',
      plainDataObj: { a: 1, b: { c: 2 } },
    })
    expect(body['plainDataObj']).toEqual({ a: redacted, b: redacted })
    expect((await create({})).body['plainDataObj']).toEqual({})
  })

  it('merges on PUT, and the mark keeps what is stored', async () => {
    const { body } = await create({ plainDataObj: { openAIApiKey: 'one', more: 'x' } })
    const path = `/credentials/${body.id}`
    await asOwner('PUT', path, {
      name: 'New',
      plainDataObj: { openAIApiKey: redacted, added: 'y' },
    })
    expect(await stored(body.id)).toEqual({ openAIApiKey: 'one', more: 'x', added: 'y' })
    await asOwner('PUT', path, { plainDataObj: { openAIApiKey: 'two' } })
    expect(await stored(body.id)).toEqual({ openAIApiKey: 'two', more: 'x', added: 'y' })
    const renamed = await asOwner('PUT', path, { name: 'Newer' })
    expect(renamed.body).toMatchObject({ name: 'Newer', credentialName: 'openAIApi' })
    expect(await stored(body.id)).toMatchObject({ openAIApiKey: 'two' })
  })

  it('needs its data anew with another type, and keeps nothing of the old', async () => {
    const { body } = await create({ plainDataObj: { openAIApiKey: 'one' } })
    const path = `/credentials/${body.id}`
    const change = { credentialName: 'anthropicApi' }
    expect((await asOwner('PUT', path, change)).status).toBe(400)
    const plainDataObj = { anthropicApiKey: 'two', openAIApiKey: redacted }
    expect((await asOwner('PUT', path, { ...change, plainDataObj })).status).toBe(200)
    expect(await stored(body.id)).toEqual({ anthropicApiKey: 'two' })
  })

  it.each([
    [{ plainDataObj: null }],
    [{ plainDataObj: [] }],
    [{ plainDataObj: 'text' }],
    [{ credentialName: '' }],
    [{ credentialName: 'a b' }],
    [{ name: null }],
    [{ plainDataObj: { x: 'a\0b' } }],
  ])('refuses %j', async (fields) => {
    const { status, body } = await create(fields)
    expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
  })

  it('is filtered by its types', async () => {
    const { token } = await app.addPerson()
    for (const credentialName of ['a', 'b', 'c']) {
      const body = { name: credentialName, credentialName }
      await app.rest('POST', '/credentials', { token, body })
    }
    const names = async (query: string) => {
      const { body } = await app.rest<Row[]>('GET', `/credentials${query}`, { token })
      return body.map(({ name }) => name)
    }
    expect(await names('')).toEqual(['c', 'b', 'a'])
    expect(await names('?credentialName=a')).toEqual(['a'])
    expect(await names('?credentialName=a&credentialName=c')).toEqual(['c', 'a'])
    expect(await names('?credentialName=none')).toEqual([])
  })

  it('names the flows that use it when it goes', async () => {
    const { body } = await create({})
    const flow = await app.addFlow({ flowData: { nodes: [{ data: { credential: body.id } }] } })
    const gone = await asOwner('DELETE', `/credentials/${body.id}`)
    expect(gone.body).toMatchObject({ id: body.id, deleted: true, chatFlows: [{ id: flow.id }] })
    expect((await asOwner('DELETE', `/credentials/${body.id}`)).status).toBe(404)
  })
})

describe('threat 25: what is stored', () => {
  it('opens in no other row, whoever copies it there', async () => {
    const one = (await create({ plainDataObj: { openAIApiKey: 'of one' } })).body.id
    const two = (await create({ plainDataObj: { openAIApiKey: 'of two' } })).body.id
    const em = app.app.deps.database.workspaceEm({ workspaceId: app.owner.workspaceId })
    const copy =
      'update credential set encrypted_data = source.encrypted_data from credential source'
    await em.transactional((inner) =>
      inner.execute(`${copy} where credential.id = ? and source.id = ?`, [two, one]),
    )
    const read = await asOwner('GET', `/credentials/${two}`)
    expect([read.status, read.body['code']]).toEqual([409, 'CONFLICT'])
    expect(read.text).not.toContain('of one')
    expect((await asOwner('GET', `/credentials/${one}`)).status).toBe(200)
    const plainDataObj = { openAIApiKey: 'again' }
    expect((await asOwner('PUT', `/credentials/${two}`, { plainDataObj })).status).toBe(200)
    expect(await stored(two)).toEqual(plainDataObj)
  })
})

describe('threat 24: a secret', () => {
  it('appears in nothing that anybody can read', async () => {
    const canary = `CANARY-${randomUUID()}`
    const { body: credential } = await create({
      plainDataObj: { openAIApiKey: canary, [`field-${randomUUID()}`]: canary },
    })
    const inputs = { basepath: 'https://api.openai.com/v1', openAIApiKey: canary, password: canary }
    const headers = { Authorization: canary, 'x-api-key': canary }
    const node = {
      id: 'chatOpenAI_0',
      data: {
        id: 'chatOpenAI_0',
        name: 'chatOpenAI',
        credential: credential.id,
        inputParams: [
          { name: 'openAIApiKey', type: 'password' },
          { name: 'password', type: 'password' },
        ],
        inputs: { ...inputs, headers: JSON.stringify(headers), baseOptions: { headers } },
      },
    }
    const flow = await app.addFlow({
      isPublic: true,
      flowData: { nodes: [node], edges: [] },
      apiConfig: JSON.stringify({ secret: canary }),
      analytic: JSON.stringify({ langSmith: { key: canary } }),
    })
    const { workspaceId } = app.owner
    const viewer = await app.addPerson({ workspaceId, permissions: ['credentials:view'] })
    const key = await app.addKey()
    const tokens = [app.owner.token, viewer.token, await app.exchange(key), key.apiKey, null]
    for (const token of tokens) {
      const paths = [
        '/credentials',
        `/credentials/${credential.id}`,
        `/public-chatflows/${flow.id}`,
        `/public-chatbotConfig/${flow.id}`,
        `/chatflows-uploads/${flow.id}`,
      ]
      for (const path of paths) {
        const answer = await app.rest('GET', path, { token })
        expect(answer.text).not.toContain(canary)
      }
    }
    const open = await app.rest('GET', `/public-chatflows/${flow.id}`)
    // Nor is anybody told which credential it is.
    expect(open.text).not.toContain(credential.id)
    expect(String(open.body['flowData'])).toContain('chatOpenAI_0')
    expect(app.logs.join('')).not.toContain(canary)
  })
})
