import { afterEach, describe, expect, test } from 'vitest'
import { draw, failureOf, run } from './harness.ts'
import { pieces, serve, stopServing, whole, type Answer, type Json } from './openai-server.ts'
import { outputOf, start } from './script.ts'

afterEach(stopServing)

describe('calls of tools', () => {
  const named = { id: 'c1', type: 'function' }
  const call = (name: string, args: string) => ({ name, arguments: args })
  const sum = '{"input":"6*7"}'

  /** Lets an agent with a calculator ask, which answers in the second round. */
  async function work(first: Answer, { streaming = true, model = 'chatOpenAI' } = {}) {
    const { baseUrl, fetch, bodies } = await serve(
      first,
      streaming ? pieces({ content: 'It is 42.' }) : whole({ content: 'It is 42.' }),
    )
    const config = { modelName: 'm', basepath: baseUrl, FLOWISE_CREDENTIAL_ID: 'cred-1' }
    const inputs = {
      agentModel: model,
      agentModelConfig: config,
      agentTools: [{ agentSelectedTool: 'calculator', agentSelectedToolConfig: {} }],
    }
    const flow = draw(
      [start(), { id: 'a', name: 'agentAgentflow', label: 'a', inputs }],
      [['start', 'a']],
    )
    const result = await run(flow, { input: { streaming }, ports: { fetch } })
    const messages = (bodies[1]?.['messages'] ?? []) as Json[]
    const { usedTools } = outputOf(result, 'a') as { usedTools?: { toolOutput: string }[] }
    return {
      text: result.text,
      calls: messages.flatMap(({ tool_calls: calls = [] }) => calls as (Json & { id: string })[]),
      outputs: (usedTools ?? []).map(({ toolOutput }) => toolOutput),
    }
  }

  /** Each is what the deltas hold under `tool_calls`. */
  const streamed: [string, readonly Json[][], readonly string[]][] = [
    [
      'with index',
      [
        [{ ...named, index: 0, function: call('calculator', '') }],
        [{ index: 0, function: { arguments: '{"inp' } }],
        [{ index: 0, function: { arguments: 'ut":"6*7"}' } }],
      ],
      ['42'],
    ],
    [
      'two by index, mixed',
      [
        [{ id: 'c1', index: 0, function: call('calculator', '{"input":') }],
        [{ id: 'c2', index: 1, function: call('calculator', '{"input":"1') }],
        [
          { index: 0, function: { arguments: '"6*7"}' } },
          { index: 1, function: { arguments: '+1"}' } },
        ],
      ],
      ['42', '2'],
    ],
    [
      'without index, by id',
      [
        [{ ...named, function: call('calculator', '{"input":') }],
        [{ id: 'c1', function: { arguments: '"6*7"}' } }],
        [{ id: 'c2', function: call('calculator', '{"input":"1+1"}') }],
      ],
      ['42', '2'],
    ],
    [
      'without index, and the id once only',
      [
        [{ ...named, function: call('calculator', '{"input":') }],
        [{ function: { arguments: '"6*7"}' } }],
        [{ id: 'c2', function: call('calculator', '{"input":"1') }],
        [{ function: { arguments: '+1"}' } }],
      ],
      ['42', '2'],
    ],
    [
      'with the name repeated',
      [
        [{ ...named, index: 0, function: call('calculator', '{"input":') }],
        [{ ...named, index: 0, function: call('calculator', '"6*7"}') }],
      ],
      ['42'],
    ],
    [
      'with the name and the id later',
      [
        [{ index: 0, function: { arguments: '{"input":' } }],
        [{ ...named, index: 0, function: call('calculator', '"6*7"}') }],
      ],
      ['42'],
    ],
    [
      'all with one index, by id',
      [
        [
          { ...named, index: 0, function: call('calculator', sum) },
          { id: 'c2', index: 0, function: call('calculator', '{"input":"1+1"}') },
        ],
      ],
      ['42', '2'],
    ],
    [
      'by index first and then by id',
      [
        [{ ...named, index: 0, function: call('calculator', '{"input":') }],
        [{ id: 'c1', function: { arguments: '"6*7"}' } }],
      ],
      ['42'],
    ],
    [
      'with neither index nor id, by name',
      [
        [{ function: call('calculator', sum) }],
        [{ function: call('calculator', '{"input":"1') }],
        [{ function: { arguments: '+1"}' } }],
      ],
      ['42', '2'],
    ],
    [
      'beside one that says nothing',
      [
        [{ ...named, index: 0, function: call('calculator', sum) }],
        [{ id: '', index: 1, function: call('', '') }],
      ],
      ['42'],
    ],
    ['without an id', [[{ index: 0, function: call('calculator', sum) }]], ['42']],
    ['with null for an id', [[{ id: null, index: 0, function: call('calculator', sum) }]], ['42']],
    ['in one piece', [[{ ...named, index: 0, function: call('calculator', sum) }]], ['42']],
  ]

  test.each(streamed)('streamed %s are made', async (_what, deltas, outputs) => {
    const made = await work(pieces(...deltas.map((calls) => ({ tool_calls: calls }))))
    expect(made).toMatchObject({ text: 'It is 42.', outputs })
    expect(made.calls).toHaveLength(outputs.length)
    expect(made.calls[0]).toMatchObject({ type: 'function', function: call('calculator', sum) })
    const ids = made.calls.map(({ id }) => id)
    expect(ids.every((id) => id.length > 0)).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each<[string, Json]>([
    ['content null', { content: null }],
    ['no content', {}],
    ['an empty content', { content: '' }],
  ])('beside %s are made of a whole answer', async (_what, content) => {
    const message = { ...content, tool_calls: [{ ...named, function: call('calculator', sum) }] }
    for (const streaming of [true, false]) {
      const made = await work(whole(message), { streaming })
      expect(made).toMatchObject({ text: 'It is 42.', outputs: ['42'], calls: [{ id: 'c1' }] })
      await stopServing()
    }
  })

  test.each<[string, Json]>([
    ['no id', {}],
    ['one id', { id: 'c1' }],
    ['one index', { index: 0 }],
  ])('two with %s stay apart in a whole answer', async (_what, more) => {
    const calls = [sum, '{"input":"1+1"}'].map((input) => ({
      ...more,
      function: call('calculator', input),
    }))
    const made = await work(whole({ tool_calls: calls }), { streaming: false })
    expect(made.outputs).toEqual(['42', '2'])
  })

  test.each<[string, Json]>([
    ['no name', { arguments: '{}' }],
    ['an empty name', { name: '', arguments: '{}' }],
    ['a number for a name', { name: 7, arguments: '{}' }],
  ])('with %s are refused', async (_what, nameless) => {
    const failure = await failureOf(
      work(pieces({ tool_calls: [{ ...named, index: 0, function: nameless }] })),
    )
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(
      /^The provider of "a" \(a\) gave an answer that cannot be read\.$/,
    )
  })

  test.each([true, false])('give Gemini its signature back (streaming: %s)', async (streaming) => {
    const extra = { extra_content: { google: { thought_signature: 'c2lnbmVk' } } }
    const signed = { ...named, index: 0, function: call('calculator', sum), ...extra }
    const message = { content: null, tool_calls: [signed] }
    const first = streaming ? pieces(message) : whole(message)
    const { calls } = await work(first, { streaming, model: 'chatLocalAI' })
    expect(calls).toMatchObject([{ id: 'c1', ...extra }])
  })

  test('without a signature get none', async () => {
    const message = { tool_calls: [{ ...named, index: 0, function: call('calculator', sum) }] }
    const { calls } = await work(pieces(message), { model: 'chatLocalAI' })
    expect(calls[0]).not.toHaveProperty('extra_content')
  })
})
