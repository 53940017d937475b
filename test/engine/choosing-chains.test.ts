import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { nearestName } from '../../src/engine/text/match.ts'
import { failureOf, run, startProvider, textOf, wire, type Drawn, type Told } from './harness.ts'
import { embeddings, instance, library, store } from './library.ts'
import { linesOf, priceOf, script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: {
    ...library(['Socks are warm.', 'Hats are wide.'], ['socks', 'hats']).ports,
    fetch: provider.fetch,
    ...changes.ports,
  },
})
const model = (): Drawn => ({
  id: 'model',
  name: 'chatOpenAI',
  category: 'Chat Models',
  inputs: { basepath: provider.baseUrl },
})
const chain = (name: string, inputs: Record<string, unknown>): Drawn => ({
  id: 'end',
  name,
  category: 'Chains',
  inputs: { model: instance('model'), ...inputs },
})
const prompt = (name: string, systemMessage: string): Drawn => ({
  id: name,
  name: 'promptRetriever',
  category: 'Retrievers',
  inputs: { name, description: `Good for ${name}`, systemMessage },
})
const named = (name: string, topK: number): Drawn[] => [
  store('vectorStore', { topK }, `${name}Store`),
  {
    id: name,
    name: 'vectorStoreRetriever',
    category: 'Retrievers',
    inputs: { name, description: `Knows ${name}`, vectorStore: instance(`${name}Store`) },
  },
]
const chosen = (destination: string, next_inputs: unknown = '') =>
  JSON.stringify({ destination, next_inputs })

const prompts = () =>
  wire([
    model(),
    prompt('physics', 'You are a physicist.'),
    prompt('maths', 'As a mathematician answer {input} and {x}.'),
    chain('multiPromptChain', { promptRetriever: [instance('physics'), instance('maths')] }),
  ])
const stores = (inputs = {}) =>
  wire([
    model(),
    embeddings,
    ...named('socks', 1),
    ...named('hats', 2),
    chain('multiRetrievalQAChain', {
      vectorStoreRetriever: [instance('socks'), instance('hats')],
      returnSourceDocuments: true,
      ...inputs,
    }),
  ])

describe('a chain of several prompts', () => {
  test.each<[string, string, string[]]>([
    [
      'word for word',
      chosen('physics'),
      ['system: You are a physicist.', 'user: what is $& mass?'],
    ],
    [
      'in a fence, with the question worded anew',
      `Sure:\n\`\`\`json\n${chosen('Physics', { input: 'what is inertia?' })}\n\`\`\``,
      ['system: You are a physicist.', 'user: what is inertia?'],
    ],
    [
      'whose prompt says where the question stands',
      chosen('maths'),
      ['user: As a mathematician answer what is $& mass? and {x}.'],
    ],
    [
      'in plain words',
      'I take the physics one',
      ['system: You are a physicist.', 'user: what is $& mass?'],
    ],
    ['that does not exist: no prompt at all', chosen('DEFAULT'), ['user: what is $& mass?']],
    ['nobody knows: no prompt at all', chosen('cooking'), ['user: what is $& mass?']],
  ])('answers with the one chosen %s', async (...[, choice, expected]) => {
    const asked = script(provider, [choice, 'heavy'])
    const events: FlowEvent[] = []
    const result = await run(
      prompts(),
      told({
        input: { question: 'what is $& mass?', streaming: true },
        emit: (event) => events.push(event),
      }),
    )
    expect(linesOf(asked[0])[1]).toContain('{"name":"maths","description":"Good for maths"}')
    expect(linesOf(asked[1])).toEqual(expected)
    expect(result).toEqual({ text: 'heavy', sessionId: 'chat-1', usage: priceOf(2) })
    expect(textOf(events)).toBe('heavy')
  })

  test('takes no prompt whose name only sounds like none', async () => {
    const asked = script(provider, [chosen('default'), 'an answer'])
    const risks = prompt('default risks', 'You know banks.')
    const end = chain('multiPromptChain', { promptRetriever: [instance('default risks')] })
    await run(wire([model(), risks, end]), told())
    expect(linesOf(asked[1])).toEqual(['user: socks'])
  })

  test('has nothing to choose when it has no prompts', async () => {
    const asked = script(provider, ['an answer'])
    const result = await run(wire([model(), chain('multiPromptChain', {})]), told())
    expect(asked.map(linesOf)).toEqual([['user: socks']])
    expect(result.text).toBe('an answer')
  })

  test('takes prompts and nothing else', async () => {
    const flow = wire([
      model(),
      chain('multiPromptChain', { promptRetriever: [instance('model')] }),
    ])
    const failure = await failureOf(run(flow, told()))
    expect(failure.message).toMatch(/"promptRetriever" takes a prompt retriever and nothing else/)
  })
})

describe('a chain of several stores', () => {
  test('answers from the one that fits, and cites it', async () => {
    const asked = script(provider, [chosen('socks', 'are socks warm?'), 'yes'])
    const result = await run(stores(), told())
    expect(linesOf(asked[1])).toEqual([
      expect.stringContaining("<doc id='0'>Socks are warm.</doc>"),
      'user: are socks warm?',
    ])
    expect(result).toMatchObject({
      text: 'yes',
      sourceDocuments: [{ pageContent: 'Socks are warm.', metadata: { at: 0 } }],
      usage: priceOf(2),
    })
    expect(result.sourceDocuments?.[0]).not.toHaveProperty('score')
  })

  test('looks up as many documents as the store says, and keeps them to itself', async () => {
    const asked = script(provider, [chosen('hats'), 'yes'])
    const result = await run(stores({ returnSourceDocuments: false }), told())
    expect(linesOf(asked[1])[0]).toMatch(/Socks are warm\.[^]*Hats are wide\./)
    expect(result).not.toHaveProperty('sourceDocuments')
  })

  test('answers without documents when none fits', async () => {
    const asked = script(provider, [chosen('DEFAULT'), 'hello'])
    const result = await run(stores(), told())
    expect(linesOf(asked[1])).toEqual(['user: socks'])
    expect(result).toEqual({ text: 'hello', sessionId: 'chat-1', usage: priceOf(2) })
  })
})

test('a chain on a vector store answers from its documents', async () => {
  const asked = script(provider, ['warm'])
  const flow = wire([
    model(),
    embeddings,
    store('vectorStore', { topK: 1 }),
    chain('vectorDBQAChain', { vectorStore: instance('store') }),
  ])
  const result = await run(flow, told())
  expect(linesOf(asked[0])[0]).toContain("<doc id='0'>Socks are warm.</doc>")
  expect(result).toEqual({ text: 'warm', sessionId: 'chat-1', usage: priceOf(1) })
})

test.each([
  ['multiPromptChain', {}],
  ['multiRetrievalQAChain', {}],
  ['vectorDBQAChain', { vectorStore: instance('store') }],
  ['openApiChain', { yamlFile: '{}' }],
])('%s says what a moderation wants said, and asks nobody', async (...[name, inputs]) => {
  const asked = script(provider, [])
  const guard = {
    id: 'guard',
    name: 'inputModerationSimple',
    inputs: { denyList: 'socks', moderationErrorMessage: 'No socks here.' },
  }
  const flow = wire([
    model(),
    guard,
    embeddings,
    store('vectorStore'),
    chain(name, { ...inputs, inputModeration: [instance('guard')] }),
  ])
  expect(await run(flow, told())).toEqual({ text: 'No socks here.', sessionId: 'chat-1' })
  expect(asked).toHaveLength(0)
})

test.each<[string, number]>([
  ['maths', 1],
  ['  MATHS ', 1],
  ['maths, of course', 1],
  ['I take physics', 0],
  ['', -1],
  ['cooking', -1],
])('the name that %j means is number %i', (said, index) => {
  expect(nearestName(said, ['physics', 'maths', ''])).toBe(index)
})
