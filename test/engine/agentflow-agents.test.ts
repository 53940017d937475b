import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FlowEvent, TokenUsage } from '../../src/engine/node/events.ts'
import { dig } from '../../src/engine/text/paths.ts'
import { draw, failureOf, providerKey, run, startProvider, textOf, type Told } from './harness.ts'
import { linesOf, outputOf, reply, rows, script, start } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const config = () => ({
  modelName: 'gpt-4o-mini',
  basepath: provider.baseUrl,
  FLOWISE_CREDENTIAL_ID: 'cred-1',
})
const llm = (id: string, inputs: Record<string, unknown> = {}) => ({
  id,
  name: 'llmAgentflow',
  label: id,
  inputs: { llmModel: 'chatOpenAI', llmModelConfig: config(), ...inputs },
})
const chain = (...ids: string[]) =>
  ids.slice(1).map((id, index): [string, string] => [ids[index] ?? '', id])
const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: { fetch: provider.fetch, ...changes.ports },
})
const history = async () =>
  [1, 2, 3].flatMap((n) => [
    { role: 'userMessage' as const, content: `question ${n}` },
    { role: 'apiMessage' as const, content: `answer ${n}` },
  ])

const neverAsked = async () => {
  throw new Error('nobody may ask for it')
}

describe('LLM', () => {
  test('the first one asks the question, the next one sees what was said', async () => {
    const asked = script(provider, ['one', 'two'])
    const system = [{ role: 'system', content: '<p>Be <strong>brief</strong>.</p>' }]
    const flow = draw(
      [start(), llm('a', { llmMessages: system }), llm('b', { llmUserMessage: 'And {{ a }}?' })],
      chain('start', 'a', 'b'),
    )
    const result = await run(flow, told({ ports: { history } }))
    expect(linesOf(asked[0])).toEqual([
      'system: Be **brief**.',
      'user: question 1',
      'assistant: answer 1',
      'user: question 2',
      'assistant: answer 2',
      'user: question 3',
      'assistant: answer 3',
      'user: socks',
    ])
    expect(linesOf(asked[1]).slice(-3)).toEqual(['user: socks', 'user: one', 'user: And one?'])
    expect(result.text).toBe('two')
    const spent = ['a', 'b'].map((id) => outputOf(result, id)['usageMetadata'] as TokenUsage)
    expect(result.usage?.total_tokens).toBe(
      (spent[0]?.total_tokens ?? 0) + (spent[1]?.total_tokens ?? 0),
    )
    expect(result.usage?.total_tokens).toBeGreaterThan(0)
    expect(outputOf(result, 'b')).toMatchObject({
      content: 'two',
      usageMetadata: { input_tokens: expect.any(Number) },
      timeMetadata: { delta: 0 },
    })
    expect(JSON.stringify(result)).not.toMatch(/cred-1|FLOWISE_CREDENTIAL_ID/)
    expect(JSON.stringify(result)).not.toContain(providerKey)
  })

  test('the question stands before the message that the node asks with', async () => {
    const asked = script(provider, ['one', 'two', 'three'])
    const flow = draw(
      [
        start(),
        llm('a', { llmUserMessage: 'Answer it.' }),
        llm('b', { llmUserMessage: 'And now {{ runtime_messages_length }}.' }),
        llm('c', { llmUserMessage: 'So:\n{{ chat_history }}', llmEnableMemory: true }),
      ],
      chain('start', 'a', 'b', 'c'),
    )
    await run(flow, told())
    expect(linesOf(asked[0])).toEqual(['user: socks', 'user: Answer it.'])
    // What nodes ask is nobody's words, and not remembered.
    expect(linesOf(asked[1])).toEqual(['user: socks', 'user: one', 'user: And now 1.'])
    expect(linesOf(asked[2]).at(-1)).toBe('user: So:\nHuman: socks\nHuman: one\nHuman: two')
  })

  test('without memory a node sees its own messages, and what the caller brought along', async () => {
    const asked = script(provider, ['one', 'two'])
    const few = [
      { role: 'user', content: 'Ask {{ question }}' },
      { role: 'assistant', content: 'Yes' },
    ]
    const without = { llmEnableMemory: false, llmUserMessage: 'A hidden field' }
    const flow = draw(
      [start(), llm('a', { ...without, llmMessages: few }), llm('b', without)],
      chain('start', 'a', 'b'),
    )
    const brought = [{ role: 'apiMessage', content: 'Hello' }] as const
    await run(flow, told({ input: { history: brought }, ports: { history } }))
    expect(linesOf(asked[0])).toEqual(['assistant: Hello', 'user: Ask socks', 'assistant: Yes'])
    expect(linesOf(asked[1])).toEqual(['user: one'])
  })

  test.each<[string, Record<string, unknown>, string[], string[]]>([
    ['none', { llmEnableMemory: false }, [], ['user: socks']],
    [
      'the last exchange',
      { llmMemoryType: 'windowSize', llmMemoryWindowSize: '1' },
      [],
      ['user: question 3', 'assistant: answer 3', 'user: socks'],
    ],
    [
      'a summary',
      { llmMemoryType: 'conversationSummary' },
      ['they talked'],
      ['system: The conversation so far, summed up: they talked', 'user: socks'],
    ],
    [
      'a summary of what is too much',
      { llmMemoryType: 'conversationSummaryBuffer', llmMemoryMaxTokenLimit: '6' },
      ['they talked'],
      [
        'system: The conversation so far, summed up: they talked',
        'user: question 3',
        'assistant: answer 3',
        'user: socks',
      ],
    ],
    [
      'everything that fits',
      { llmMemoryType: 'conversationSummaryBuffer', llmMemoryMaxTokenLimit: '600' },
      [],
      [
        'user: question 1',
        'assistant: answer 1',
        'user: question 2',
        'assistant: answer 2',
        'user: question 3',
        'assistant: answer 3',
        'user: socks',
      ],
    ],
  ])('memory: %s', async (...[, inputs, before, lines]) => {
    const asked = script(provider, [...before, 'done'])
    const flow = draw([start(), llm('a', inputs)], chain('start', 'a'))
    expect((await run(flow, told({ ports: { history } }))).text).toBe('done')
    expect(linesOf(asked.at(-1))).toEqual(lines)
  })

  test('ephemeral memory forgets what was before, not what the run said', async () => {
    const asked = script(provider, ['one', 'two'])
    const flow = draw(
      [
        start({ startEphemeralMemory: true }),
        llm('a'),
        llm('b', { llmReturnResponseAs: 'assistantMessage' }),
      ],
      chain('start', 'a', 'b'),
    )
    await run(flow, told({ ports: { history } }))
    expect(linesOf(asked[1])).toEqual(['user: socks', 'user: one'])
  })

  test('an answer with a form: its keys are outputs and may become state', async () => {
    const json = { mood: 'good', score: 3, tags: ['a'], items: [{ name: 'x' }] }
    const asked = script(provider, [JSON.stringify(json)])
    const flow = draw(
      [
        start({ startState: [{ key: 'mood', value: '' }] }),
        llm('a', {
          llmStructuredOutput: [
            { key: 'mood', type: 'enum', enumValues: 'good, bad', description: 'How it feels' },
            { key: 'score', type: 'number' },
            { key: 'tags', type: 'stringArray' },
            { key: 'items', type: 'jsonArray', jsonSchema: '{"name":{"type":"string"}}' },
          ],
          llmUpdateState: [{ key: 'mood', value: '<p>{{ output.mood }} </p>' }],
        }),
        reply('end', '{{ a.output.score }} {{ $flow.state.mood }} {{ a.output.items[0].name }}'),
      ],
      chain('start', 'a', 'end'),
    )
    const result = await run(flow, told())
    expect(result.text).toBe('3 good x')
    expect(outputOf(result, 'a')).toMatchObject(json)
    expect(asked[0]?.response_format).toMatchObject({
      json_schema: {
        schema: {
          properties: {
            mood: { enum: ['good', 'bad'], description: 'How it feels' },
            tags: { items: { type: 'string' } },
            items: { items: { properties: { name: { type: 'string' } } } },
          },
          required: ['mood', 'score', 'tags', 'items'],
        },
      },
    })
  })

  const closed = { type: 'object', additionalProperties: false }

  test.each([
    [
      'marks of the canvas are no JSON Schema, and what is optional may be missing',
      '{"name":{"type":"string","required":true},"at":{"type":"string","optional":true}}',
      {
        ...closed,
        properties: { name: { type: 'string' }, at: { type: 'string' } },
        required: ['name'],
      },
    ],
    [
      'an object in it, written out or as its properties alone',
      '{"a":{"type":"object","properties":{"x":{"type":"number","required":true}}},"b":{"y":{"type":"string"}}}',
      {
        ...closed,
        properties: {
          a: { type: 'object', properties: { x: { type: 'number' } } },
          b: { ...closed, properties: { y: { type: 'string' } }, required: ['y'] },
        },
        required: ['a', 'b'],
      },
    ],
    [
      'words of JSON Schema under which objects stand are no properties',
      '{"a":{"items":{"type":"string"}},"b":{"not":{"type":"null"}},"c":{"items":[{"type":"number"}]}}',
      {
        ...closed,
        properties: {
          a: { items: { type: 'string' } },
          b: { not: { type: 'null' } },
          c: { items: [{ type: 'number' }] },
        },
        required: ['a', 'b', 'c'],
      },
    ],
    ['without a schema they may hold anything', '', { type: 'object' }],
  ])('items of a list: %s', async (_name, jsonSchema, items) => {
    const asked = script(provider, ['{"list":[]}'])
    const rows = [{ key: 'list', type: 'jsonArray', jsonSchema }]
    await run(draw([start(), llm('a', { llmStructuredOutput: rows })], chain('start', 'a')), told())
    const path = ['json_schema', 'schema', 'properties', 'list', 'items']
    expect(dig(asked[0]?.response_format, path)).toEqual(items)
  })

  test('only the last node is heard; a client gets no second opening', async () => {
    script(provider, ['the first answer', 'the second answer'])
    const events: FlowEvent[] = []
    const flow = draw([start(), llm('a'), llm('b')], chain('start', 'a', 'b'))
    await run(flow, told({ input: { streaming: true }, emit: (event) => events.push(event) }))
    expect(textOf(events)).toBe('the second answer')
    const kinds = new Set(events.map(({ event }) => event))
    expect([...kinds].sort()).toEqual([
      'agentFlowEvent',
      'agentFlowExecutedData',
      'nextAgentFlow',
      'token',
      'usageMetadata',
    ])
  })

  test('a form is the question, line by line', async () => {
    const asked = script(provider, ['done'])
    const flow = draw([start({ startInputType: 'formInput' }), llm('a')], chain('start', 'a'))
    const { question: _none, ...input } = { question: '', form: { name: 'Ada', age: 36 } }
    await run(flow, told({ input: { ...input, question: '' } }))
    expect(linesOf(asked[0])).toEqual(['user: name: Ada\nage: 36'])
  })

  test('a model kind that is not known is refused, named, before anything runs', async () => {
    const flow = draw([start(), llm('a', { llmModel: 'chatOpenAy' })], chain('start', 'a'))
    const failure = await failureOf(run(flow, told()))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/"a" \(a\).*chatOpenAy.*nearest known type is chatOpenAI/)
  })

  test('a base path from the caller takes the credential away', async () => {
    script(provider, ['done'])
    const apiConfig = {
      overrideConfig: { status: true, nodes: { a: [{ name: 'llmModelConfig', enabled: true }] } },
    }
    const flow = draw([start(), llm('a')], chain('start', 'a'))
    const llmModelConfig = { basepath: provider.baseUrl, FLOWISE_CREDENTIAL_ID: 'cred-2' }
    const input = { overrideConfig: { llmModelConfig } }
    await run(flow, told({ apiConfig, input, ports: { credential: neverAsked } }))
    const headers = provider.mock.getLastRequest()?.headers as Record<string, string>
    expect(headers['authorization']).toBeUndefined()
  })
})

describe('condition agents', () => {
  const decide = (inputs: Record<string, unknown> = {}) =>
    draw(
      [
        start(),
        {
          id: 'c',
          name: 'conditionAgentAgentflow',
          label: 'C',
          inputs: {
            conditionAgentModel: 'chatOpenAI',
            conditionAgentModelConfig: config(),
            conditionAgentInstructions: '<p>Decide.</p>',
            conditionAgentInput: '{{ question }}',
            conditionAgentScenarios: [{ scenario: 'asks' }, { scenario: 'buys' }],
            ...inputs,
          },
        },
        reply('asks', 'asks'),
        llm('buys'),
      ],
      [
        ['start', 'c'],
        ['c', 'asks', 'c-output-0'],
        ['c', 'buys', 'c-output-1'],
      ],
    )
  const asking = 'user: {"input":"socks","scenarios":["asks","buys"],"instruction":"Decide."}'

  test('take the branch of the scenario', async () => {
    const asked = script(provider, ['{"output": "buys"}', 'bought'])
    const result = await run(decide(), told({ ports: { history } }))
    expect(rows(result)).toEqual(['start', 'c', 'buys'])
    expect(outputOf(result, 'c')).toMatchObject({
      conditions: [
        { output: 'asks', isFulfilled: false },
        { output: 'buys', isFulfilled: true },
      ],
    })
    expect(linesOf(asked[0]).slice(1)).toEqual([asking])
    expect(linesOf(asked[1]).slice(-2)).toEqual(['assistant: answer 3', 'user: socks'])
  })

  test('remember what their author lets them', async () => {
    const asked = script(provider, ['{"output": "asks"}'])
    const memory = { conditionAgentEnableMemory: true, conditionAgentMemoryType: 'windowSize' }
    const flow = decide({ ...memory, conditionAgentMemoryWindowSize: '1' })
    await run(flow, told({ ports: { history } }))
    const lines = ['user: question 3', 'assistant: answer 3', asking]
    expect(linesOf(asked[0]).slice(1)).toEqual(lines)
  })

  test('without scenarios are refused', async () => {
    const failure = await failureOf(run(decide({ conditionAgentScenarios: [] }), told()))
    expect(failure.message).toBe('The node "C" (c) cannot run: it needs scenarios.')
  })
})
