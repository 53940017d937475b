import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Row, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const [credential, tool, store] = [randomUUID(), randomUUID(), randomUUID()]
const canvas = {
  nodes: [
    {
      id: 'chatOpenAI_0',
      data: {
        id: 'chatOpenAI_0',
        name: 'chatOpenAI',
        label: 'ChatOpenAI',
        credential,
        inputs: { openAIApiKey: 'sk-CANARY', prompt: 'kept' },
      },
    },
    {
      id: 'agentAgentflow_0',
      data: {
        id: 'agentAgentflow_0',
        name: 'agentAgentflow',
        label: 'Agent',
        inputs: {
          agentModelConfig: { FLOWISE_CREDENTIAL_ID: credential },
          agentTools: [{ agentSelectedToolConfig: { selectedTool: tool } }],
          agentKnowledgeDocumentStores: [{ documentStore: `${store}:Papers` }],
        },
      },
    },
  ],
  edges: [],
}

interface Imported {
  readonly chatflow: Row
  readonly foreignIds: readonly { kind: string; id: string; nodeId: string }[]
}

describe('taking a chatflow along', () => {
  it('exports it without credentials and secrets, prompts kept', async () => {
    const flow = await app.addFlow({ flowData: canvas })
    const file = await app.rest('GET', `/export-chatflow/${flow.id}`, { token: app.owner.token })
    expect(file.status).toBe(200)
    expect(file.text).not.toContain(credential)
    expect(file.text).not.toContain('CANARY')
    expect(file.text).toContain('kept')
    const stranger = await app.addPerson()
    const theirs = await app.rest('GET', `/export-chatflow/${flow.id}`, { token: stranger.token })
    expect(theirs.status).toBe(404)
  })

  it('exports no secret of a pair, an address or a body, and every prompt', async () => {
    const inputs = {
      url: 'https://api.example/v1?api_key=CANARY-1&page=2',
      queryParams: [
        { key: 'token', value: 'CANARY-2' },
        { key: 'limit', value: '10' },
        { key: 'auth', value: '{{$vars.token}}' },
      ],
      body: '{"password": "CANARY-3", "city": "Bergen"}',
      prompt: 'Answer as {"token": "kept"}.',
    }
    const data = { id: 'http_0', name: 'httpAgentflow', label: 'HTTP', inputs }
    const flow = await app.addFlow({ flowData: { nodes: [{ id: 'http_0', data }], edges: [] } })
    const { text } = await app.rest('GET', `/export-chatflow/${flow.id}`, {
      token: app.owner.token,
    })
    expect(text).not.toContain('CANARY')
    for (const kept of ['page=2', '"value":"10"', '{{$vars.token}}', 'Bergen', 'kept']) {
      expect(text).toContain(kept)
    }
  })

  it('imports it without its credentials, and reports what it names', async () => {
    const answer = await app.rest<Imported>('POST', '/import-chatflow', {
      token: app.owner.token,
      body: { name: 'in', file: canvas },
    })
    expect(answer.status).toBe(200)
    expect(answer.body.chatflow['type']).toBe('AGENTFLOW')
    expect(answer.body.chatflow['flowData']).not.toContain(credential)
    expect(answer.body.foreignIds).toEqual([
      { kind: 'credential', id: credential, nodeId: 'chatOpenAI_0' },
      { kind: 'credential', id: credential, nodeId: 'agentAgentflow_0' },
      { kind: 'tool', id: tool, nodeId: 'agentAgentflow_0' },
      { kind: 'documentStore', id: store, nodeId: 'agentAgentflow_0' },
    ])
  })

  it('finds what rows name that stand in a text', async () => {
    const rows = [{ FLOWISE_CREDENTIAL_ID: credential, selectedTool: tool }]
    const data = { id: 'a', name: 'agentAgentflow', inputs: { agentTools: JSON.stringify(rows) } }
    const file = { nodes: [{ id: 'a', data }], edges: [] }
    const { token } = app.owner
    const body = { name: 'in', file, idMap: { [tool]: store } }
    const answer = await app.rest<Imported>('POST', '/import-chatflow', { token, body })
    expect(answer.body.chatflow['flowData']).not.toContain(credential)
    expect(answer.body.chatflow['flowData']).toContain(store)
    expect(answer.body.foreignIds).toEqual([{ kind: 'credential', id: credential, nodeId: 'a' }])
  })

  it.each([
    ['as text', JSON.stringify(canvas)],
    ['within a chatflow, as text', { name: 'out', flowData: JSON.stringify(canvas) }],
    ['within a chatflow', { name: 'out', type: 'AGENTFLOW', flowData: canvas }],
    ['with more than a canvas', { description: 'x', usecases: ['y'], ...canvas }],
  ])('imports a file %s', async (_how, file) => {
    const body = { name: 'in', file }
    const { token } = app.owner
    const answer = await app.rest<Imported>('POST', '/import-chatflow', { token, body })
    expect(answer.body.chatflow).toMatchObject({ name: 'in', type: 'AGENTFLOW' })
    expect(JSON.parse(String(answer.body.chatflow['flowData'])).nodes).toHaveLength(2)
    expect(answer.body.foreignIds).toContainEqual({
      kind: 'tool',
      id: tool,
      nodeId: 'agentAgentflow_0',
    })
  })

  it('takes a chatflow with an agentflow as a tool for a chatflow', async () => {
    const inputParams = [{ name: 'selectedAgentflow', type: 'asyncOptions' }]
    const node = { id: 'a', data: { id: 'a', name: 'agentAsTool', inputParams } }
    const body = { name: 'in', file: { nodes: [node], edges: [] } }
    const { token } = app.owner
    const answer = await app.rest<Imported>('POST', '/import-chatflow', { token, body })
    expect(answer.body.chatflow['type']).toBe('CHATFLOW')
  })

  it('exchanges the ids that are mapped', async () => {
    const [ownCredential, ownTool, ownStore] = [randomUUID(), randomUUID(), randomUUID()]
    const answer = await app.rest<Imported>('POST', '/import-chatflow', {
      token: app.owner.token,
      body: {
        name: 'in',
        file: canvas,
        idMap: { [credential]: ownCredential, [tool]: ownTool, [store]: ownStore },
      },
    })
    expect(answer.body.foreignIds).toEqual([])
    expect(answer.body.chatflow['flowData']).toContain(ownCredential)
    expect(answer.body.chatflow['flowData']).toContain(ownTool)
    expect(answer.body.chatflow['flowData']).toContain(`${ownStore}:Papers`)
  })

  it('refuses what is no such file', async () => {
    for (const file of [{}, [], 'text', { nodes: {}, edges: [] }]) {
      const answer = await app.rest('POST', '/import-chatflow', {
        token: app.owner.token,
        body: { name: 'in', file },
      })
      expect(answer.status).toBe(400)
    }
  })
})

describe('the kinds of node', () => {
  it('are told from their definitions, by name and alias', async () => {
    const { token } = app.owner
    const all = await app.rest<readonly { name: string; inputs: readonly object[] }[]>(
      'GET',
      '/nodes',
      { token },
    )
    expect(all.body.length).toBeGreaterThan(10)
    const one = await app.rest('GET', '/nodes/chatOpenAI', { token })
    expect(one.body).toMatchObject({ name: 'chatOpenAI', credential: 'openAIApi' })
    expect((await app.rest('GET', '/nodes/mystery', { token })).status).toBe(404)
  })
})
