import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import {
  draw,
  failureOf,
  llmChainFlow,
  providerKey,
  run,
  startProvider,
  textOf,
} from './harness.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => {
  provider.mock.clearFixtures()
  provider.mock.clearRequests()
  provider.mock.onMessage(/.*/, { content: 'Rainbow Feet' })
})
afterAll(() => provider.stop())

const conversation = (inputs: Record<string, unknown> = {}, memory: Record<string, unknown> = {}) =>
  draw(
    [
      {
        id: 'chatOpenAI_0',
        name: 'chatOpenAI',
        credential: 'cred-1',
        inputs: { basepath: provider.baseUrl },
      },
      {
        id: 'bufferMemory_0',
        name: 'bufferMemory',
        label: 'Buffer Memory',
        category: 'Memory',
        inputs: memory,
      },
      {
        id: 'conversationChain_0',
        name: 'conversationChain',
        category: 'Chains',
        inputs: {
          model: '{{chatOpenAI_0.data.instance}}',
          memory: '{{bufferMemory_0.data.instance}}',
          systemMessagePrompt: 'Be brief.',
          ...inputs,
        },
      },
    ],
    [
      ['chatOpenAI_0', 'conversationChain_0'],
      ['bufferMemory_0', 'conversationChain_0'],
    ],
  )

const chain = (n: number, output: string) => ({
  id: `llmChain_${n}`,
  name: 'llmChain',
  category: 'Chains',
  output,
  inputs: {
    model: `{{chatOpenAI_${n}.data.instance}}`,
    prompt: `{{promptTemplate_${n}.data.instance}}`,
  },
})

const prompt = (n: number, promptValues: string) => ({
  id: `promptTemplate_${n}`,
  name: 'promptTemplate',
  inputs: { template: 'Do {thing} for {who}', promptValues },
})

describe('empty flow', () => {
  const onlyNote = draw([{ id: 'stickyNote_0', name: 'stickyNote' }])
  test.each([[null], [''], ['{}'], ['{"nodes":[],"edges":[]}'], [onlyNote]])(
    '%s answers its question unchanged',
    async (flowData) => {
      expect(await run(flowData, { input: { question: ' as {{question}} is ' } })).toEqual({
        text: ' as {{question}} is ',
        sessionId: 'chat-1',
      })
    },
  )
})

describe('LLM chain', () => {
  test('asks the model with the filled prompt, key and settings', async () => {
    const events: FlowEvent[] = []
    const result = await run(llmChainFlow(provider.baseUrl), {
      input: { streaming: true },
      ports: { fetch: provider.fetch },
      emit: (event) => events.push(event),
    })
    expect(result).toMatchObject({ text: 'Rainbow Feet', sessionId: 'chat-1' })
    expect(result.memoryType).toBeUndefined()
    expect(provider.lastBody()).toMatchObject({
      model: 'gpt-4o-mini',
      temperature: 0.2,
      messages: [{ role: 'user', content: 'Name a company that makes socks.' }],
    })
    expect(events[0]?.event).toBe('start')
    expect(textOf(events)).toBe('Rainbow Feet')
  })

  test('a quote or a brace in the question stays what it is', async () => {
    const question = 'a "b"\n{c} \\ {{$vars.secret}}'
    await run(llmChainFlow(provider.baseUrl), {
      input: { question },
      ports: { fetch: provider.fetch, variables: async () => ({ secret: 'hidden' }) },
    })
    expect(provider.lastBody()).toMatchObject({
      messages: [{ content: `Name a company that makes ${question}.` }],
    })
  })

  test('the one variable without a value gets the question; two are refused by name', async () => {
    const ports = { fetch: provider.fetch }
    const one = { template: '{a} {b}', promptValues: '{"a":"x"}' }
    await run(llmChainFlow(provider.baseUrl, { prompt: one }), { ports })
    expect(provider.lastBody()).toMatchObject({ messages: [{ content: 'x socks' }] })

    const two = { template: '{a} {b}', promptValues: '' }
    const failure = await failureOf(run(llmChainFlow(provider.baseUrl, { prompt: two }), { ports }))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/"LLM Chain" \(llmChain_0\).*prompt values for a, b/)
  })

  test.each([
    ['{"a":"x","b":""}', 'x socks'],
    ['{"a":"{{chat_history}}","b":""}', ' socks'],
    ['{"a":"{{question}}","b":""}', 'socks '],
    ['{"a":"","b":""}', ' '],
  ])('the question goes where nothing is left of it else: %s', async (promptValues, content) => {
    const prompt = { template: '{a} {b}', promptValues }
    await run(llmChainFlow(provider.baseUrl, { prompt }), { ports: { fetch: provider.fetch } })
    expect(provider.lastBody()).toMatchObject({ messages: [{ content }] })
  })

  test('its prediction feeds the next prompt; both models are asked once', async () => {
    const model = (n: number) => ({
      id: `chatOpenAI_${n}`,
      name: 'chatOpenAI',
      inputs: { basepath: provider.baseUrl },
    })
    const flow = draw(
      [
        model(0),
        model(1),
        prompt(0, '{"thing":"first","who":"{{question}}"}'),
        prompt(1, '{"thing":"{{llmChain_0.data.instance}}, {{llmChain_0.data.instance}}"}'),
        chain(0, 'outputPrediction'),
        chain(1, 'llmChain'),
      ],
      [
        ['promptTemplate_0', 'llmChain_0'],
        ['llmChain_0', 'promptTemplate_1'],
        ['promptTemplate_1', 'llmChain_1'],
      ],
    )
    const events: FlowEvent[] = []
    await run(flow, {
      input: { streaming: true },
      ports: { fetch: provider.fetch },
      emit: (event) => events.push(event),
    })
    expect(provider.mock.getRequests()).toHaveLength(2)
    expect(provider.lastBody()).toMatchObject({
      messages: [{ content: 'Do Rainbow Feet, Rainbow Feet for socks' }],
    })
    expect(textOf(events)).toBe('Rainbow Feet')
  })

  test('headers and words of the model node are sent; reasoning models get no temperature', async () => {
    const inputs = {
      modelName: 'o3-mini',
      stopSequence: 'a, b',
      maxTokens: '12',
      baseOptions: '{"headers":{"X-Team":"blue"}}',
    }
    await run(llmChainFlow(provider.baseUrl, { model: { inputs } }), {
      ports: { fetch: provider.fetch },
    })
    expect(provider.lastBody()).toMatchObject({ model: 'o3-mini', max_completion_tokens: 12 })
    expect(provider.lastBody()).not.toHaveProperty('temperature')
    expect(provider.lastBody()).not.toHaveProperty('stop')
    expect(provider.mock.getLastRequest()?.headers['x-team']).toBe('blue')
  })

  test.each(['chatLocalAI', 'groqChat', 'chatDeepseek', 'chatOpenRouter', 'chatOpenAICustom'])(
    '%s speaks the same format',
    async (name) => {
      const fields = { localAIApiKey: 'k'.repeat(8), groqApiKey: 'k'.repeat(8) }
      const model = { name, inputs: { modelName: 'some-model' } }
      const result = await run(llmChainFlow(provider.baseUrl, { model }), {
        ports: { fetch: provider.fetch, credential: async () => fields },
      })
      expect(result.text).toBe('Rainbow Feet')
      expect(provider.lastBody()).toMatchObject({ model: 'some-model' })
    },
  )
})

describe('conversation chain', () => {
  test('puts system text and history before the question', async () => {
    const asked: string[] = []
    const result = await run(conversation(), {
      input: { history: [{ role: 'userMessage', content: 'sent along' }] },
      ports: {
        fetch: provider.fetch,
        history: async (sessionId) => {
          asked.push(sessionId)
          return [
            { role: 'userMessage', content: 'hi' },
            { role: 'apiMessage', content: 'hello' },
          ]
        },
      },
    })
    expect(result).toMatchObject({ memoryType: 'Buffer Memory', sessionId: 'chat-1' })
    expect(asked).toEqual(['chat-1'])
    expect(provider.lastBody()?.['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'sent along' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'hello' },
      { role: 'user', content: 'socks' },
    ])
  })

  test.each([
    ['overrideConfig first', { overrideConfig: { sessionId: 'o' }, sessionId: 's' }, 'm', 'o'],
    ['then what the request names', { sessionId: 's' }, 'm', 's'],
    ['then the memory node', {}, 'm', 'm'],
    ['then the chat', {}, '', 'chat-1'],
  ])('session: %s', async (...[, input, sessionId, expected]) => {
    const result = await run(conversation({}, { sessionId }), {
      input,
      ports: { fetch: provider.fetch },
    })
    expect(result.sessionId).toBe(expected)
  })

  test('documents wired to it are shown to the model', async () => {
    const loader = { name: 'plainText', output: 'document', inputs: { text: 'We sell {socks}.' } }
    const { nodes } = JSON.parse(draw([{ id: 'text', ...loader }])) as { nodes: unknown[] }
    const flow = JSON.parse(conversation({ document: ['{{text.data.instance}}'] })) as {
      nodes: unknown[]
    }
    const drawn = { ...flow, nodes: [...flow.nodes, ...nodes] }
    await run(JSON.stringify(drawn), { ports: { fetch: provider.fetch } })
    expect(provider.lastBody()?.['messages']).toMatchObject([
      { content: 'Be brief.\nThe AI has the following context:\nWe sell {socks}.' },
      { content: 'socks' },
    ])
  })

  test('a chat prompt template frames the history', async () => {
    const flow = JSON.parse(
      conversation({ chatPromptTemplate: '{{chatPromptTemplate_0.data.instance}}' }),
    ) as { nodes: unknown[]; edges: unknown[] }
    const added = JSON.parse(
      draw([
        {
          id: 'chatPromptTemplate_0',
          name: 'chatPromptTemplate',
          inputs: {
            systemMessagePrompt: 'Speak {language}.',
            humanMessagePrompt: 'Q: {text}',
            promptValues: '{"language":"French"}',
          },
        },
      ]),
    ) as { nodes: unknown[] }
    await run(JSON.stringify({ ...flow, nodes: [...flow.nodes, ...added.nodes] }), {
      ports: { fetch: provider.fetch, history: async () => [{ role: 'apiMessage', content: 'h' }] },
    })
    expect(provider.lastBody()?.['messages']).toEqual([
      { role: 'system', content: 'Speak French.' },
      { role: 'assistant', content: 'h' },
      { role: 'user', content: 'Q: socks' },
    ])
  })
})

test('the key reaches the provider and nobody else', async () => {
  const result = await run(llmChainFlow(provider.baseUrl), { ports: { fetch: provider.fetch } })
  expect(JSON.stringify(result)).not.toContain(providerKey)
})
