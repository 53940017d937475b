import { hash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type Answer, type Key, type Row, type TestApp } from './harness.ts'

const providerKey = 'sk-live-0123456789abcdefghijKLMN'
const metricsToken = 'a-token-for-prometheus'

let app: TestApp
let mock: LLMock
/** A provider that answers with a digest of the key it was shown. */
let parrot: Server
let parrotUrl: string
let key: Key
let credentialId: string

beforeAll(async () => {
  mock = new LLMock({ port: 0 })
  await mock.start()
  parrot = createServer(({ headers }, response) => {
    const content = hash('sha256', headers.authorization ?? '')
    const message = { role: 'assistant', content }
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))
  })
  await new Promise<void>((resolve) => {
    parrot.listen(0, '127.0.0.1', resolve)
  })
  parrotUrl = `http://127.0.0.1:${(parrot.address() as AddressInfo).port}/v1`
  const hosts = [mock.url, parrotUrl].map((url) => new URL(url).host)
  const env = { EGRESS_ALLOW: hosts.join(','), METRICS_TOKEN: metricsToken }
  app = await startApp({ env })
  key = await app.addKey()
  const body = {
    name: 'Provider',
    credentialName: 'openAIApi',
    plainDataObj: { openAIApiKey: providerKey },
  }
  const made = await app.rest('POST', '/credentials', { token: app.owner.token, body })
  credentialId = made.body.id
})
afterAll(async () => {
  await app.close()
  await mock.stop()
  parrot.close()
})

const ask = (id: string, body: object, token: string | null = key.apiKey): Promise<Answer<Row>> =>
  app.rest('POST', `/prediction/${id}`, { token, body })

async function messages(flowId: string): Promise<{ role: string; content: string }[]> {
  const { database } = app.app.deps
  const { workspaceId } = app.owner
  return database.rows(
    database.workspaceEm({ workspaceId }),
    'select role, content from chat_message where chatflowid = ? order by created_date, id',
    [flowId],
  )
}

function nodeOf(id: string, data: { name: string; [field: string]: unknown }) {
  return { id, type: 'customNode', data: { ...data, id, label: data.name, outputs: {} } }
}

/** A chat model, and a chain that speaks to it. */
function chain(name: 'llmChain' | 'conversationChain', changes: object = {}) {
  const model = nodeOf('chatOpenAI_0', {
    name: 'chatOpenAI',
    category: 'Chat Models',
    credential: credentialId,
    inputs: { modelName: 'gpt-4o-mini', temperature: '0', basepath: `${mock.url}/v1`, ...changes },
  })
  const prompt = nodeOf('promptTemplate_0', {
    name: 'promptTemplate',
    inputs: { template: 'Say {word}.', promptValues: '{"word":"{{question}}"}' },
  })
  const memory = nodeOf('bufferMemory_0', {
    name: 'bufferMemory',
    category: 'Memory',
    inputs: { sessionId: '', memoryKey: 'chat_history' },
  })
  const other = name === 'llmChain' ? prompt : memory
  const end = nodeOf(`${name}_0`, {
    name,
    category: 'Chains',
    inputs: {
      model: '{{chatOpenAI_0.data.instance}}',
      [name === 'llmChain' ? 'prompt' : 'memory']: `{{${other.id}.data.instance}}`,
    },
  })
  return {
    nodes: [model, other, end],
    edges: [model, other].map(({ id }) => ({ source: id, target: end.id })),
  }
}

/** What all models so far have read, by the metrics. */
async function tokensRead(): Promise<number> {
  const { text } = await app.call('GET', '/metrics', { token: metricsToken })
  return Number(/^flowgate_tokens_total\{kind="input"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** What the model was told last. */
function told(): string {
  return JSON.stringify(mock.getLastRequest()?.body)
}

describe('a flow without nodes', () => {
  it('answers its question unchanged, and stores both messages', async () => {
    const { id } = await app.addFlow()
    const { status, body } = await ask(id, { question: 'Hello!', ignored: { deep: true } })
    expect(status).toBe(200)
    expect(body).toMatchObject({ text: 'Hello!', question: 'Hello!', sourceDocuments: null })
    expect(body['sessionId']).toBe(body['chatId'])
    expect(await messages(id)).toEqual([
      { role: 'userMessage', content: 'Hello!' },
      { role: 'apiMessage', content: 'Hello!' },
    ])
  })

  it('answers GraphQL alike', async () => {
    const { id } = await app.addFlow()
    const { data } = await app.gql(
      `mutation ($id: String!, $chatId: String) {
        createPrediction(id: $id, question: "Hello!", chatId: $chatId) { text chatId sessionId } }`,
      { id, chatId: 'mine' },
      { token: key.apiKey },
    )
    expect(data['createPrediction']).toEqual({ text: 'Hello!', chatId: 'mine', sessionId: 'mine' })
  })

  it('adds nothing on upsert', async () => {
    const { id } = await app.addFlow()
    const call = { token: key.apiKey, body: {} }
    expect((await app.rest('POST', `/vector/upsert/${id}`, call)).body).toEqual({
      numAdded: 0,
      numUpdated: 0,
      numSkipped: 0,
      numDeleted: 0,
      addedDocs: [],
      store: null,
      upsertId: null,
    })
    const apiConfig = JSON.stringify({ vectorUpsert: { status: false } })
    const { id: closed } = await app.addFlow({ apiConfig })
    expect((await app.rest('POST', `/vector/upsert/${closed}`, call)).status).toBe(403)
  })

  it.each([
    [{}],
    [{ question: null }],
    [{ question: 7 }],
    [{ question: 'x', chatId: 'x'.repeat(256) }],
    [{ question: 'x', overrideConfig: [] }],
    [{ question: 'x', overrideConfig: 'x' }],
    [{ question: 'x', overrideConfig: { sessionId: 7 } }],
    [{ question: 'x', history: 'x' }],
    [{ question: 'x', history: [{ role: 'system', content: 'x' }] }],
    [{ question: 'x', history: [{ role: 'userMessage' }] }],
  ])('refuses %.60j, and stores nothing', async (body) => {
    const { id } = await app.addFlow()
    const answer = await ask(id, body)
    expect([answer.status, answer.body['code']]).toEqual([400, 'BAD_REQUEST'])
    expect(await messages(id)).toEqual([])
  })
})

describe('a chain on a model', () => {
  it('asks the provider with the key of its credential, and nobody sees the key', async () => {
    mock.onMessage('Say cheese.', { content: 'Cheese!' })
    const { id } = await app.addFlow({ flowData: chain('llmChain') })
    const { status, body, text } = await ask(id, { question: 'cheese' })
    expect([status, body['text']]).toEqual([200, 'Cheese!'])
    expect(text).not.toContain(providerKey)
  })

  it('asks by the flow and with the key as they are now, though both are kept at hand', async () => {
    const { token } = app.owner
    const shown = (apiKey: string) => hash('sha256', `Bearer ${apiKey}`)
    const keys = ['sk-live-0123456789-the-first', 'sk-live-0123456789-the-second'] as const
    const plain = (openAIApiKey: string) => ({ plainDataObj: { openAIApiKey } })
    const body = { name: 'Fickle', credentialName: 'openAIApi', ...plain(keys[0]) }
    const { id: fickle } = (await app.rest('POST', '/credentials', { token, body })).body
    const flow = chain('llmChain', { basepath: parrotUrl })
    const flowData = JSON.stringify(flow).replaceAll(credentialId, fickle)
    const { id } = await app.addFlow({ flowData: JSON.parse(flowData) as object })
    const said = async () => (await ask(id, { question: 'x' })).body['text']
    expect(await said()).toBe(shown(keys[0]))
    await app.rest('PUT', `/credentials/${fickle}`, { token, body: plain(keys[1]) })
    expect(await said()).toBe(shown(keys[1]))
    await app.rest('PUT', `/chatflows/${id}`, { token, body: { flowData: chain('llmChain') } })
    mock.onMessage('Say x.', { content: 'The mock.' })
    expect(await said()).toBe('The mock.')
    await app.rest('PUT', `/chatflows/${id}`, { token, body: { flowData } })
    await app.rest('DELETE', `/credentials/${fickle}?force=true`, { token })
    expect((await ask(id, { question: 'x' })).status).toBe(422)
  })

  it('threat 46: a failing provider is 502, without its words, and nothing is stored', async () => {
    mock.onMessage('Say trouble.', {
      error: {
        message: `Incorrect API key provided: ${providerKey}`,
        type: 'invalid_request_error',
      },
      status: 401,
    })
    const { id } = await app.addFlow({ flowData: chain('llmChain') })
    const answer = await ask(id, { question: 'trouble' })
    expect([answer.status, answer.body['code']]).toEqual([502, 'UPSTREAM'])
    expect(answer.text).not.toContain(providerKey)
    expect(await messages(id)).toEqual([])
  })

  it('leaves what its models cost in its record and in the metrics, failed or not', async () => {
    const usage = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 }
    mock.onMessage(/^Say coins/, { content: 'no list at all', usage })
    const { nodes, edges } = chain('llmChain')
    const jsonStructure = '[{"property":"n","type":"number","description":"how many"}]'
    const parser = nodeOf('parser_0', { name: 'structuredOutputParser', inputs: { jsonStructure } })
    const [model, prompt] = nodes
    const inputs = {
      model: '{{chatOpenAI_0.data.instance}}',
      prompt: '{{promptTemplate_0.data.instance}}',
      outputParser: '{{parser_0.data.instance}}',
    }
    const parsed = nodeOf('llmChain_0', { name: 'llmChain', category: 'Chains', inputs })
    const good = await app.addFlow({ flowData: chain('llmChain') })
    const bad = await app.addFlow({ flowData: { nodes: [model, prompt, parser, parsed], edges } })
    const before = await tokensRead()
    const answers = [
      await ask(good.id, { question: 'coins' }),
      await ask(bad.id, { question: 'coins' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 502])
    for (const { id } of [good, bad]) {
      const runs = await app.rest<{ data: readonly { usage: unknown }[] }>(
        'GET',
        `/executions?chatflowid=${id}`,
        { token: app.owner.token },
      )
      expect(runs.body.data.map((run) => run.usage)).toEqual([
        { input_tokens: 20, output_tokens: 3, total_tokens: 23 },
      ])
    }
    expect(await tokensRead()).toBe(before + 40)
  })

  it('threat 40: an address that is not allowed is never called', async () => {
    const basepath = 'http://127.0.0.1:9/v1'
    const { id } = await app.addFlow({ flowData: chain('llmChain', { basepath }) })
    const answer = await ask(id, { question: 'cheese' })
    expect([answer.status, answer.body['code']]).toEqual([502, 'UPSTREAM'])
  })

  it('takes credentials of its own workspace only', async () => {
    const { token } = await app.addPerson()
    const { id } = await app.addFlow({ flowData: chain('llmChain') }, token)
    const answer = await ask(id, { question: 'cheese' }, token)
    expect([answer.status, answer.body['code']]).toEqual([422, 'UNPROCESSABLE'])
  })
})

describe('a conversation', () => {
  it('is remembered for the caller who goes on with it', async () => {
    mock.onMessage(/My name is|Who am I/, { content: 'Noted.' })
    const { id } = await app.addFlow({ flowData: chain('conversationChain') })
    const first = await ask(id, { question: 'My name is Zaphod', chatId: 'c1' })
    expect(first.body).toMatchObject({ chatId: 'c1', sessionId: 'c1', text: 'Noted.' })
    await ask(id, { question: 'Who am I?', chatId: 'c1' })
    expect(told()).toContain('Zaphod')
    await ask(id, { question: 'Who am I?', chatId: 'c2' })
    expect(told()).not.toContain('Zaphod')
    await ask(id, { question: 'Who am I?', overrideConfig: { sessionId: 'c1' } })
    expect(told()).toContain('Zaphod')
  })

  it('is continued by nobody else, whatever ids they know', async () => {
    mock.onMessage(/secret word|Who am I/, { content: 'Noted.' })
    const { id } = await app.addFlow({ flowData: chain('conversationChain'), isPublic: true })
    const other = await app.addKey()
    const callers = [key.apiKey, other.apiKey, app.owner.token, null]
    for (const [n, token] of callers.entries()) {
      await ask(id, { question: `The secret word is W${n}W`, chatId: 'same' }, token)
    }
    for (const [n, token] of callers.entries()) {
      await ask(id, { question: 'Who am I?', chatId: 'same' }, token)
      const words = callers.map((_, at) => `W${at}W`).filter((word) => told().includes(word))
      expect(words).toEqual([`W${n}W`])
    }
  })

  it('of an anonymous caller is theirs by its chatId', async () => {
    mock.onMessage(/secret word|Who am I/, { content: 'Noted.' })
    const { id } = await app.addFlow({ flowData: chain('conversationChain'), isPublic: true })
    const override = { overrideConfig: { sessionId: 'support-1' } }
    await ask(id, { question: 'The secret word is Trillian', chatId: 'mine', ...override }, null)
    await ask(id, { question: 'Who am I?', chatId: 'mine', ...override }, null)
    expect(told()).toContain('Trillian')
    await ask(id, { question: 'Who am I?', chatId: 'other', ...override }, null)
    expect(told()).not.toContain('Trillian')
  })

  it('can be told by its history', async () => {
    mock.onMessage(/Who am I/, { content: 'Noted.' })
    const { id } = await app.addFlow({ flowData: chain('conversationChain') })
    const history = [
      { role: 'userMessage', content: 'I am Arthur' },
      { type: 'apiMessage', message: 'Hello Arthur' },
      { role: 'assistant', content: 'Tea?' },
    ]
    await ask(id, { question: 'Who am I?', history })
    expect(told()).toMatch(/I am Arthur.*Hello Arthur.*Tea/)
  })
})

describe('what comes besides a question', () => {
  it('is shown to the model: the text that was read of a file before, and a form', async () => {
    mock.clearFixtures()
    mock.on({ predicate: () => true }, { content: 'ok' })
    const flow = await app.addFlow({ flowData: JSON.stringify(chain('llmChain')) })
    const uploads = [
      { type: 'file:full', name: 'a.pdf', mime: 'application/pdf', data: 'as it was read' },
      { type: 'file:rag', name: 'b.pdf', mime: 'application/pdf', data: 'kept elsewhere' },
    ]
    expect((await ask(flow.id, { question: 'sock', uploads })).status).toBe(200)
    expect(told()).toContain("Say <doc name='a.pdf'>as it was read</doc>\\n\\nsock.")
    expect(told()).not.toContain('kept elsewhere')
  })

  it('stands in the conversation as a person would read it', async () => {
    const start = nodeOf('start', {
      name: 'startAgentflow',
      inputs: { startInputType: 'formInput', formInputTypes: [{ type: 'string', name: 'word' }] },
    })
    const person = nodeOf('person', {
      name: 'humanInputAgentflow',
      inputs: { humanInputDescription: 'Go on with {{ $form.word }}?' },
    })
    const end = nodeOf('end', { name: 'directReplyAgentflow', inputs: { directReplyMessage: 'a' } })
    const edges = [
      { source: 'start', target: 'person' },
      { source: 'person', target: 'end', sourceHandle: 'person-output-0' },
    ]
    const flowData = JSON.stringify({ nodes: [start, person, end], edges })
    const { id } = await app.addFlow({ type: 'AGENTFLOW', flowData })
    const { body } = await ask(id, { form: { word: 'sock', size: 'L' }, chatId: 'form' })
    expect(body['text']).toContain('Go on with sock?')
    await ask(id, { chatId: 'form', humanInput: { type: 'proceed', feedback: 'sure' } })
    const said = (await messages(id)).filter(({ role }) => role === 'userMessage')
    expect(said.map(({ content }) => content)).toEqual(['word: sock\nsize: L', 'sure'])
  })
})
