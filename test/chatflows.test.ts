import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Answer, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const asOwner = (method: string, path: string, body?: unknown): Promise<Answer<Row>> =>
  app.rest(method, path, { token: app.owner.token, ...(body !== undefined && { body }) })
const create = (fields: object): Promise<Answer<Row>> =>
  asOwner('POST', '/chatflows', { name: 'F', ...fields })

describe('creating a chatflow', () => {
  it('asks for a name only', async () => {
    const { status, body } = await create({ name: 'Cafe\u0301' })
    expect(status).toBe(200)
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      name: 'Café',
      flowData: '{"nodes":[],"edges":[]}',
      type: 'CHATFLOW',
      deployed: false,
      isPublic: false,
      apikeyid: null,
      category: null,
      chatbotConfig: null,
      apiConfig: null,
      analytic: null,
      speechToText: null,
      textToSpeech: null,
      followUpPrompts: null,
      workspaceId: app.owner.workspaceId,
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedDate: body['createdDate'],
    })
    expect((await asOwner('GET', `/chatflows/${body.id}`)).body).toEqual(body)
    expect((await asOwner('POST', '/chatflows', {})).body['message']).toBe('name is required.')
  })

  it.each([
    '{"nodes":[],"edges":[]}',
    '{ "edges": [],\n\t"nodes": [ ] , "viewport":{"x":1.50,"y":1e2},"é":"\\u00e9\\ud83d\\ude00" }',
    '{}',
    '  {"nodes":[{"a":1,"a":2}]}  ',
  ])('keeps the text %.30j byte for byte', async (flowData) => {
    const { body } = await create({ flowData })
    expect(body['flowData']).toBe(flowData)
    expect((await asOwner('GET', `/chatflows/${body.id}`)).body['flowData']).toBe(flowData)
    const { data } = await app.gql(
      'query ($id: String!) { chatflow(id: $id) { flowData } }',
      { id: body.id },
      { token: app.owner.token },
    )
    expect(data['chatflow']).toEqual({ flowData })
  })

  it('stores an object as its text', async () => {
    const flowData = { nodes: [], edges: [], viewport: { x: 0 } }
    expect((await create({ flowData })).body['flowData']).toBe(JSON.stringify(flowData))
  })

  it.each([
    ['not json', 'flowData'],
    ['[]', 'flowData'],
    ['"text"', 'flowData'],
    ['null', 'flowData'],
    [[], 'flowData'],
    [7, 'flowData'],
    ['{"nodes":{}}', 'flowData.nodes'],
    ['{"edges":"x"}', 'flowData.edges'],
    [{ nodes: 'x' }, 'flowData.nodes'],
    ['{"nodes":[],"x":"\\u0000"}', 'flowData'],
    ['{"nodes":[],"x":"\\ud800"}', 'flowData'],
    ['{"nodes":[],"__proto__":{}}', 'flowData'],
    [`{"nodes":${'['.repeat(70)}${']'.repeat(70)}}`, 'flowData'],
  ])('refuses flowData %.40j, naming the place', async (flowData, place) => {
    const { status, body } = await create({ flowData })
    expect([status, body['code']]).toEqual([400, 'BAD_REQUEST'])
    expect(body['message']).toContain(place)
  })

  it.each([
    [{ name: '' }],
    [{ name: null }],
    [{ type: 'OTHER' }],
    [{ deployed: 'yes' }],
    [{ isPublic: null }],
    [{ apiConfig: '{' }],
    [{ chatbotConfig: '7' }],
    [{ analytic: '"x"' }],
    [{ category: 7 }],
  ])('refuses %j', async (fields) => {
    expect((await create(fields)).status).toBe(400)
  })

  it('threat 23: takes nothing of its own from a body, and ignores what it does not know', async () => {
    const stranger = await app.addPerson()
    const forged = {
      id: stranger.userId,
      workspaceId: stranger.workspaceId,
      createdDate: '2000-01-01T00:00:00.000Z',
      updatedDate: '2000-01-01T00:00:00.000Z',
      unknown: { deep: true },
    }
    const { status, body } = await create(forged)
    expect(status).toBe(200)
    expect(body.id).not.toBe(forged.id)
    expect(body['workspaceId']).toBe(app.owner.workspaceId)
    expect(String(body['createdDate']) > '2001').toBe(true)
    const put = await asOwner('PUT', `/chatflows/${body.id}`, { ...forged, name: 'G' })
    expect(put.body).toEqual({ ...body, name: 'G', updatedDate: put.body['updatedDate'] })
  })
})

describe('changing a chatflow', () => {
  const texts = ['chatbotConfig', 'apiConfig', 'analytic', 'speechToText', 'textToSpeech']

  it('is partial, and null or the empty text clears what can be absent', async () => {
    const given = Object.fromEntries(texts.map((name) => [name, `{"of":"${name}"}`]))
    const { body } = await create({ ...given, category: 'a;b', deployed: true, type: 'AGENTFLOW' })
    expect(body).toMatchObject(given)
    const renamed = await asOwner('PUT', `/chatflows/${body.id}`, { name: 'New' })
    expect(renamed.body).toMatchObject({ ...given, name: 'New', deployed: true, category: 'a;b' })
    expect(String(renamed.body['updatedDate']) >= String(body['updatedDate'])).toBe(true)
    const cleared = await asOwner('PUT', `/chatflows/${body.id}`, {
      category: null,
      chatbotConfig: '',
      apiConfig: null,
    })
    expect(cleared.body).toMatchObject({ category: null, chatbotConfig: null, apiConfig: null })
    expect(cleared.body).toMatchObject({ analytic: '{"of":"analytic"}', type: 'AGENTFLOW' })
    for (const name of ['name', 'type', 'deployed', 'isPublic']) {
      const { status } = await asOwner('PUT', `/chatflows/${body.id}`, { [name]: null })
      expect([name, status]).toEqual([name, 400])
    }
    expect((await asOwner('PUT', `/chatflows/${body.id}`, {})).status).toBe(200)
  })

  it('says the same over GraphQL, where an absent variable stays and null clears', async () => {
    const { body } = await create({ category: 'x', apiConfig: '{}' })
    const { data } = await app.gql(
      `mutation ($id: String!, $category: String, $apiConfig: String) {
        updateChatflow(id: $id, category: $category, apiConfig: $apiConfig) { category apiConfig } }`,
      { id: body.id, category: null },
      { token: app.owner.token },
    )
    expect(data['updateChatflow']).toEqual({ category: null, apiConfig: '{}' })
  })

  it('threat 29: the last write stands, and an editor can ask first', async () => {
    const { body } = await create({})
    const puts = ['One', 'Two'].map((name) => asOwner('PUT', `/chatflows/${body.id}`, { name }))
    expect((await Promise.all(puts)).map(({ status }) => status)).toEqual([200, 200])
    const changed = async (date: unknown) =>
      (await asOwner('GET', `/chatflows/has-changed/${body.id}/${String(date)}`)).body
    expect(await changed('2000-01-01T00:00:00.000Z')).toEqual({ hasChanged: true })
    const now = (await asOwner('GET', `/chatflows/${body.id}`)).body['updatedDate']
    expect(await changed(now)).toEqual({ hasChanged: false })
    expect((await asOwner('GET', `/chatflows/has-changed/${body.id}/never`)).status).toBe(400)
  })
})

describe('removing and finding', () => {
  it('removes once', async () => {
    const { body } = await create({})
    const path = `/chatflows/${body.id}`
    expect((await asOwner('DELETE', path)).body).toEqual({ id: body.id, deleted: true })
    for (const method of ['DELETE', 'GET']) expect((await asOwner(method, path)).status).toBe(404)
    expect((await asOwner('PUT', path, { name: 'X' })).status).toBe(404)
    expect((await asOwner('GET', '/chatflows/not-a-uuid')).status).toBe(404)
  })

  it('finds the flows of a type, and those bound to a key that is presented', async () => {
    const { token } = await app.addPerson()
    const key = await app.addKey({ token, permissions: ['chatflows:view'] })
    const blind = await app.addKey({ token, permissions: ['tools:view'] })
    const agent = await app.addFlow({ type: 'AGENTFLOW', apikeyid: key.id }, token)
    await app.addFlow({}, token)
    const list = await app.rest<Row[]>('GET', '/chatflows?type=AGENTFLOW', { token })
    expect(list.body.map(({ id }) => id)).toEqual([agent.id])
    expect((await app.rest('GET', '/chatflows?type=OTHER', { token })).status).toBe(400)
    const bound = await app.rest<Row[]>('GET', `/chatflows/apikey/${key.apiKey}`)
    expect(bound.body.map(({ id }) => id)).toEqual([agent.id])
    expect((await app.rest('GET', `/chatflows/apikey/${blind.apiKey}`)).status).toBe(403)
    expect((await app.rest('GET', '/chatflows/apikey/sk_x')).status).toBe(401)
  })

  it('tells what would keep a flow from running', async () => {
    const node = { id: 'x_0', data: { id: 'x_0', name: 'unheardOf', label: 'X' } }
    const { body } = await create({ flowData: { nodes: [node], edges: [] } })
    const { status, body: problems } = await asOwner('GET', `/validation/${body.id}`)
    expect(status).toBe(200)
    expect(problems).toMatchObject([
      { nodeId: 'x_0', message: expect.stringContaining('unheardOf') },
    ])
    const run = await asOwner('POST', `/prediction/${body.id}`, { question: 'Hi' })
    expect([run.status, run.body['code']]).toEqual([422, 'UNPROCESSABLE'])
    expect(run.body['message']).toContain('unheardOf')
    const { body: empty } = await create({})
    expect((await asOwner('GET', `/validation/${empty.id}`)).body).toEqual([])
  })

  it('tells what a flow names and its workspace has not', async () => {
    const [credential, selectedTool] = [randomUUID(), randomUUID()]
    const nodeOf = (id: string, name: string, inputs: object) => ({
      id,
      data: { id, name, inputs },
    })
    const nodes = [
      nodeOf('start', 'startAgentflow', {}),
      nodeOf('tool', 'toolAgentflow', {
        toolAgentflowSelectedTool: 'customTool',
        toolAgentflowSelectedToolConfig: { selectedTool },
      }),
      nodeOf('llm', 'llmAgentflow', {
        llmModel: 'chatOpenAI',
        llmModelConfig: { FLOWISE_CREDENTIAL_ID: credential },
      }),
    ]
    const edges = [
      { source: 'start', target: 'tool' },
      { source: 'tool', target: 'llm' },
    ]
    const { body } = await create({ type: 'AGENTFLOW', flowData: { nodes, edges } })
    expect((await asOwner('GET', `/validation/${body.id}`)).body).toMatchObject([
      { nodeId: 'tool', message: expect.stringContaining(selectedTool) },
      { nodeId: 'llm', message: expect.stringContaining(credential) },
    ])
  })
})
