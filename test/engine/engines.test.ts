import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { isStreamable } from '../../src/engine/validate.ts'
import { failureOf, run, startProvider, textOf, wire, type Drawn, type Told } from './harness.ts'
import { embeddings, instance, library, store } from './library.ts'
import { call, linesOf, priceOf, script, type Asked } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const texts = ['Socks are warm.', 'Socks cost 3 euros.', 'Hats are wide.']
const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: {
    ...library(texts, ['socks', 'hats']).ports,
    fetch: provider.fetch,
    ...changes.ports,
  },
})

const model = (id = 'model', inputs = {}): Drawn => ({
  id,
  name: 'chatOpenAI_LlamaIndex',
  category: 'Chat Models',
  inputs: { basepath: provider.baseUrl, ...inputs },
})
const pinecone = (inputs = {}): Drawn => ({
  ...store('retriever', { model: instance('model'), topK: '2', ...inputs }),
  name: 'pineconeLlamaIndex',
})
const synthesizer = (name: string, inputs = {}): Drawn => ({
  id: 'synthesizer',
  name,
  category: 'Response Synthesizer',
  inputs,
})
const engine = (inputs = {}, id = 'engine'): Drawn => ({
  id,
  name: 'queryEngine',
  label: 'Query Engine',
  category: 'Engine',
  inputs: { vectorStoreRetriever: instance('store'), ...inputs },
})
const parts = () => [model(), embeddings, pinecone()]
const drawn = (inputs: Record<string, unknown>, ...more: readonly Drawn[]) =>
  wire([...parts(), ...more, engine(inputs)])

const prompts = {
  textQAPrompt: 'From {context} answer {query}',
  refinePrompt: 'Mend {existingAnswer} for {query} by {context}',
}

describe('a query engine', () => {
  test('answers with the model of its store, in the hearing of the caller, and cites', async () => {
    const asked = script(provider, ['They are warm.'])
    const events: FlowEvent[] = []
    const result = await run(
      drawn({ returnSourceDocuments: true }),
      told({ input: { streaming: true }, emit: (event) => events.push(event) }),
    )
    const sourceDocuments = [
      { pageContent: 'Socks are warm.', metadata: { at: 0 } },
      { pageContent: 'Socks cost 3 euros.', metadata: { at: 1 } },
    ]
    expect(result).toEqual({
      text: 'They are warm.',
      sourceDocuments,
      sessionId: 'chat-1',
      usage: priceOf(1),
    })
    expect(linesOf(asked[0])).toEqual([
      expect.stringMatching(/^user: [^]*Socks are warm\.\n\nSocks cost 3 euros\.[^]*socks/),
    ])
    expect(textOf(events)).toBe('They are warm.')
    expect(events.at(-1)).toEqual({ event: 'sourceDocuments', data: sourceDocuments })
  })

  test('is silent about its sources when nobody asks for them', async () => {
    script(provider, ['They are warm.'])
    expect(await run(drawn({}), told())).not.toHaveProperty('sourceDocuments')
  })

  test.each<[string, Record<string, unknown>, string[]]>([
    [
      'compactrefineLlamaIndex',
      prompts,
      ['From Socks are warm.\n\nSocks cost 3 euros. answer socks'],
    ],
    [
      'refineLlamaIndex',
      prompts,
      ['From Socks are warm. answer socks', 'Mend reply 1 for socks by Socks cost 3 euros.'],
    ],
    [
      'treeSummarizeLlamaIndex',
      { prompt: 'Of {context} tell {query}' },
      ['Of Socks are warm.\n\nSocks cost 3 euros. tell socks'],
    ],
  ])('%s asks as its prompts say', async (...[name, inputs, expected]) => {
    const asked = script(
      provider,
      expected.map((_, at) => `reply ${at + 1}`),
    )
    const events: FlowEvent[] = []
    const flow = drawn({ responseSynthesizer: instance('synthesizer') }, synthesizer(name, inputs))
    const result = await run(
      flow,
      told({ input: { streaming: true }, emit: (event) => events.push(event) }),
    )
    expect(asked.map((request) => request.messages.map(({ content }) => content))).toEqual(
      expected.map((content) => [content]),
    )
    expect(result.text).toBe(`reply ${expected.length}`)
    expect(textOf(events)).toBe(result.text)
    expect(result.usage).toEqual(priceOf(expected.length))
  })

  test.each([
    ['compactrefineLlamaIndex', ['From B… C…', 'Mend one by D…'], 'two'],
    ['simpleResponseBuilderLlamaIndex', ['From B… C… D…'], 'one'],
    ['treeSummarizeLlamaIndex', ['From B… C…', 'From D…', 'From one two'], 'all'],
  ])('%s goes by what fits when texts are long', async (...[name, expected, answer]) => {
    const long = ['B', 'C', 'D'].map((letter) => letter.repeat(19_999))
    const contentOf = ({ messages }: Asked) => String(messages[0]?.content)
    const reply = (request: Asked) => {
      const content = contentOf(request)
      if (content.includes('B')) return 'one'
      return content.includes('D') ? 'two' : 'all'
    }
    const asked = script(
      provider,
      expected.map(() => reply),
    )
    const flow = wire([
      model(),
      embeddings,
      pinecone({ topK: 3 }),
      synthesizer(name, {
        textQAPrompt: 'From {context}',
        refinePrompt: 'Mend {existingAnswer} by {context}',
      }),
      engine({ responseSynthesizer: instance('synthesizer') }),
    ])
    const result = await run(flow, told({ ports: library(long, []).ports }))
    const seen = asked.map((request) =>
      contentOf(request)
        .replaceAll(/([BCD])\1+/g, '$1…')
        .replaceAll(/\s+/g, ' '),
    )
    expect(seen.toSorted()).toEqual(expected)
    expect(result.text).toBe(answer)
  })

  test('a tree ends although the answers are long', async () => {
    const long = ['B', 'C', 'D'].map((letter) => letter.repeat(30_000))
    const asked = script(
      provider,
      Array.from({ length: 6 }, () => 'A'.repeat(30_000)),
    )
    const flow = wire([
      model(),
      embeddings,
      pinecone({ topK: 3 }),
      synthesizer('treeSummarizeLlamaIndex', { prompt: 'From {context}' }),
      engine({ responseSynthesizer: instance('synthesizer') }),
    ])
    await run(flow, told({ ports: library(long, []).ports }))
    expect(asked.map(({ messages }) => String(messages[0]?.content).length)).toEqual([
      30_005, 30_005, 30_005, 60_007, 30_005, 60_007,
    ])
  })

  test('without a model at its store is refused by name', async () => {
    const flow = wire([embeddings, store('retriever'), engine()])
    const failure = await failureOf(run(flow, told()))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/"Query Engine" \(engine\) cannot run: .* chat model/)
  })

  test('something else than a synthesizer is refused by name', async () => {
    const failure = await failureOf(run(drawn({ responseSynthesizer: instance('model') }), told()))
    expect(failure.message).toMatch(/"responseSynthesizer" takes a response synthesizer/)
  })

  test('is a tool for an agent', async () => {
    const asked = script(provider, [
      call('socks_tool', { query: 'warm?' }),
      'Socks are.',
      'It says socks.',
    ])
    const tool = {
      id: 'tool',
      name: 'queryEngineToolLlamaIndex',
      inputs: {
        baseQueryEngine: instance('engine'),
        toolName: 'socks_tool',
        toolDesc: 'Knows socks',
      },
    }
    const agent = {
      id: 'agent',
      name: 'openAIToolAgentLlamaIndex',
      category: 'Agents',
      inputs: { model: instance('model'), tools: [instance('tool')] },
    }
    const result = await run(wire([...parts(), engine(), tool, agent]), told())
    expect(linesOf(asked[2]).at(-1)).toBe('tool: Socks are.')
    expect(result).toMatchObject({
      text: 'It says socks.',
      usedTools: [{ tool: 'socks_tool', toolInput: { query: 'warm?' }, toolOutput: 'Socks are.' }],
    })
  })
})

describe('a context chat engine', () => {
  const chat = (inputs = {}) =>
    wire([
      ...parts(),
      { id: 'memory', name: 'RedisBackedChatMemory', label: 'Memory', category: 'Memory' },
      {
        id: 'chat',
        name: 'contextChatEngine',
        category: 'Engine',
        inputs: {
          model: instance('model'),
          vectorStoreRetriever: instance('store'),
          memory: instance('memory'),
          systemMessagePrompt: 'You sell socks.',
          returnSourceDocuments: true,
          ...inputs,
        },
      },
    ])
  const history = async () => [
    { role: 'userMessage' as const, content: 'hello' },
    { role: 'apiMessage' as const, content: 'hi' },
  ]

  test('answers from documents and what was said', async () => {
    const asked = script(provider, ['3 euros'])
    const result = await run(chat(), told({ ports: { history } }))
    expect(linesOf(asked[0])).toEqual([
      expect.stringMatching(/^system: You sell socks\.\n[^]*Socks are warm\.[^]*3 euros/),
      'user: hello',
      'assistant: hi',
      'user: socks',
    ])
    expect(result).toMatchObject({ text: '3 euros', memoryType: 'Memory' })
    expect(result.sourceDocuments).toHaveLength(2)
  })

  test('without memory is refused by name', async () => {
    const failure = await failureOf(run(chat({ memory: '' }), told()))
    expect(failure.message).toMatch(/contextChatEngine.*"memory" needs a memory connected to it/)
  })
})

describe('a sub-question engine', () => {
  const tool = (name: string): Drawn => ({
    id: name,
    name: 'queryEngineToolLlamaIndex',
    inputs: { baseQueryEngine: instance('engine'), toolName: name, toolDesc: `Knows ${name}` },
  })
  const flow = () =>
    wire([
      model(),
      embeddings,
      pinecone({ topK: 1 }),
      engine(),
      tool('socks_tool'),
      tool('hats_tool'),
      {
        id: 'whole',
        name: 'subQuestionQueryEngine',
        category: 'Engine',
        inputs: {
          model: instance('model'),
          embeddings: instance('embeddings'),
          queryEngineTools: [instance('socks_tool'), instance('hats_tool')],
          returnSourceDocuments: true,
        },
      },
    ])
  const subQuestions = [
    { subQuestion: 'What do socks cost?', toolName: 'socks_tool' },
    { subQuestion: 'How wide are hats?', toolName: 'hats_tool' },
    { subQuestion: 'And shoes?', toolName: 'shoes_tool' },
  ]

  test('asks each tool what it knows and answers from that', async () => {
    const asked = script(provider, [
      `Sure: ${JSON.stringify(subQuestions)}`,
      ({ messages }) => (JSON.stringify(messages).includes('How wide') ? 'wide' : '3 euros'),
      ({ messages }) => (JSON.stringify(messages).includes('How wide') ? 'wide' : '3 euros'),
      'Socks are cheap, hats are wide.',
    ])
    const events: FlowEvent[] = []
    const result = await run(
      flow(),
      told({ input: { streaming: true }, emit: (event) => events.push(event) }),
    )
    expect(linesOf(asked[0])[1]).toContain('"description":"Knows hats_tool"')
    expect(result.text).toBe('Socks are cheap, hats are wide.')
    expect(textOf(events)).toBe(result.text)
    expect(result.sourceDocuments).toEqual([
      { pageContent: 'Sub question: What do socks cost?\nResponse: 3 euros', metadata: {} },
      { pageContent: 'Sub question: How wide are hats?\nResponse: wide', metadata: {} },
    ])
    expect(linesOf(asked[3])[0]).toContain('Response: 3 euros\n\nSub question: How wide')
    expect(result.usage).toEqual(priceOf(4))
  })

  test('asks every tool the whole when the model does not split it', async () => {
    script(provider, ['I would rather not.', 'one', 'two', 'both'])
    const result = await run(flow(), told())
    expect(result.text).toBe('both')
    expect(result.sourceDocuments?.map(({ pageContent }) => pageContent.split('\n')[0])).toEqual([
      'Sub question: socks',
      'Sub question: socks',
    ])
  })

  test('fails when every tool fails', async () => {
    script(provider, [JSON.stringify(subQuestions)])
    const vectors = library(texts, []).ports.vectors
    const embedLocally = async () => []
    const failure = await failureOf(run(flow(), told({ ports: { vectors, embedLocally } })))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toBe('The embeddings node gave no vector for a text.')
  })
})

describe('an answer piece by piece', () => {
  const streams = (flowData: string) =>
    isStreamable(parseFlow({ id: 'f', flowData, apiConfig: null }))

  test('depends on the model of the store when the engine has none', () => {
    expect(streams(drawn({}))).toBe(true)
    const silent = wire([model('model', { streaming: false }), embeddings, pinecone(), engine()])
    expect(streams(silent)).toBe(false)
  })

  test('is not for a function at the end, whatever models it needs', () => {
    const prompt = { id: 'p', name: 'promptTemplate', inputs: { template: 'Name {x}' } }
    const chain = {
      id: 'c',
      name: 'llmChain',
      category: 'Chains',
      output: 'outputPrediction',
      inputs: { model: instance('model'), prompt: instance('p') },
    }
    const code = {
      id: 'f',
      name: 'customFunction',
      output: 'EndingNode',
      inputs: {
        functionInputVariables: `{"x":"${instance('c')}"}`,
        javascriptFunction: 'return $x',
      },
    }
    expect(streams(wire([model(), prompt, chain, code]))).toBe(false)
  })
})
