import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { draw, failureOf, run, startProvider, type Told } from './harness.ts'
import { call, keeper, linesOf, outputOf, reply, rows, script, start } from './script.ts'

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
const agent = (id: string, inputs: Record<string, unknown> = {}) => ({
  id,
  name: 'agentAgentflow',
  label: id,
  inputs: { agentModel: 'chatOpenAI', agentModelConfig: config(), ...inputs },
})
const chain = (...ids: string[]) =>
  ids.slice(1).map((id, index): [string, string] => [ids[index] ?? '', id])
const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: { fetch: provider.fetch, ...changes.ports },
})
const calculator = (inputs: Record<string, unknown> = {}) => ({
  agentTools: [{ agentSelectedTool: 'calculator', agentSelectedToolConfig: {}, ...inputs }],
})

describe('agents', () => {
  test('uses its tools, and tells of them', async () => {
    const asked = script(provider, [call('calculator', { input: '6*7' }), 'It is 42.'])
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    const flow = draw([start(), agent('a', calculator())], chain('start', 'a'))
    const result = await run(flow, told({ input: { streaming: true }, emit }))
    expect(result.text).toBe('It is 42.')
    expect(linesOf(asked[1]).at(-1)).toBe('tool: 42')
    expect(outputOf(result, 'a')).toMatchObject({
      usedTools: [{ tool: 'calculator', toolInput: { input: '6*7' }, toolOutput: '42' }],
      availableTools: [{ name: 'calculator' }],
    })
    const kinds = events.map(({ event }) => event)
    expect(kinds.indexOf('calledTools')).toBeLessThan(kinds.indexOf('usedTools'))
  })

  test('an answer with a form is asked for at the end', async () => {
    const asked = script(provider, ['It is 42.', '{"n": 42}'])
    const inputs = { agentStructuredOutput: [{ key: 'n', type: 'number' }] }
    const flow = draw([start(), agent('a', inputs)], chain('start', 'a'))
    const result = await run(flow, told())
    expect(outputOf(result, 'a')).toMatchObject({ n: 42 })
    expect(result.text).toBe('```json\n{\n  "n": 42\n}\n```')
    expect(linesOf(asked[1]).slice(0, 2)).toEqual(['user: socks', 'assistant: It is 42.'])
  })

  test('a tool that fails is told the model, or ends the run with the name of the node', async () => {
    const tool = (name: string, agentSelectedToolConfig: Record<string, unknown> = {}) => ({
      agentTools: [{ agentSelectedTool: name, agentSelectedToolConfig }],
    })
    const asked = script(provider, [call('calculator', { input: '6*' }), 'I cannot.'])
    await run(draw([start(), agent('a', tool('calculator'))], chain('start', 'a')), told())
    expect(linesOf(asked[1]).at(-1)).toMatch(/^tool: Error: The expression/)
    script(provider, [call('requests_get')])
    const get = tool('requestsGet', { requestsGetUrl: 'nowhere' })
    const flow = draw([start(), agent('a', get)], chain('start', 'a'))
    const failure = await failureOf(run(flow, told()))
    expect(failure.message).toMatch(/^The tool requests_get of "a" \(a\) failed: /)
  })

  test.each([
    [
      'an unknown tool',
      { agentTools: [{ agentSelectedTool: 'gmial', agentSelectedToolConfig: {} }] },
    ],
    ['a document store', { agentKnowledgeDocumentStores: [{ documentStore: 'id:Papers' }] }],
    ['tools of the provider', { agentToolsBuiltInOpenAI: '["web_search_preview"]' }],
    ['no model', { agentModel: '' }],
  ])('%s is refused with the name of the node', async (_what, inputs) => {
    const flow = draw([start(), agent('a', inputs)], chain('start', 'a'))
    const failure = await failureOf(run(flow, told()))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/"a" \(a\)/)
  })

  test('a tool node calls with typed arguments and passes the answer on', async () => {
    const tool = {
      id: 't',
      name: 'toolAgentflow',
      label: 'T',
      inputs: {
        toolAgentflowSelectedTool: 'calculator',
        toolAgentflowSelectedToolConfig: {},
        toolInputArgs: [{ inputArgName: 'input', inputArgValue: '<p>{{ question }} * 2</p>' }],
      },
    }
    const flow = draw([start(), tool, reply('end', '= {{ t }}')], chain('start', 't', 'end'))
    expect((await run(flow, told({ input: { question: '21' } }))).text).toBe('= 42')
  })
})

const guardedFlow = (guard: unknown = true) =>
  draw(
    [
      start(),
      agent('a', calculator({ agentSelectedToolRequiresHumanInput: guard })),
      reply('end', 'so: {{ a }}'),
    ],
    chain('start', 'a', 'end'),
  )

describe('a tool that a person has to agree to', () => {
  test.each([
    ['true', 'STOPPED'],
    ['false', 'FINISHED'],
    ['', 'FINISHED'],
  ])('a switch that is the text "%s": %s', async (guard, status) => {
    script(provider, [call('calculator', { input: '6*7' }), 'It is 42.'])
    expect((await run(guardedFlow(guard), told())).status).toBe(status)
  })

  test('stops before the call; agreed, it is made', async () => {
    const { keep, savedRun } = keeper()
    script(provider, [call('calculator', { input: '6*7' })])
    const events: FlowEvent[] = []
    const first = await run(guardedFlow(), told({ emit: (event) => events.push(event) }))
    expect(first.status).toBe('STOPPED')
    expect(first.text).toMatch(/calculator: \{"input":"6\*7"\}/)
    expect(first.action).toMatchObject({ data: { nodeId: 'a' } })
    expect(events.slice(-3).map(({ event }) => event)).toEqual([
      'token',
      'action',
      'agentFlowEvent',
    ])
    keep(first)
    const asked = script(provider, ['It is 42.'])
    const humanInput = { type: 'proceed' } as const
    const second = await run(guardedFlow(), told({ input: { humanInput }, ports: { savedRun } }))
    expect(second.text).toBe('so: It is 42.')
    expect(linesOf(asked[0]).at(-1)).toBe('tool: 42')
    expect(outputOf(second, 'a')).toMatchObject({ usedTools: [{ toolOutput: '42' }] })
    expect(rows(second)).toEqual(['start', 'a', 'end'])
  })

  test('refused, the model is told so', async () => {
    const { keep, savedRun } = keeper()
    script(provider, [call('calculator', { input: '6*7' })])
    keep(await run(guardedFlow(), told()))
    const asked = script(provider, ['Then not.'])
    const humanInput = { type: 'reject', feedback: 'too dear' } as const
    const second = await run(guardedFlow(), told({ input: { humanInput }, ports: { savedRun } }))
    expect(second.text).toBe('so: Then not.')
    expect(linesOf(asked[0]).at(-1)).toBe('tool: A person refused this call. They said: too dear')
  })
})

const humanFlow = () =>
  draw(
    [
      start({ startState: [{ key: 'k', value: 'v' }] }),
      llm('draft'),
      {
        id: 'ask',
        name: 'humanInputAgentflow',
        label: 'Ask',
        inputs: {
          humanInputDescriptionType: 'fixed',
          humanInputDescription: '<p>Send {{ draft }}?</p>',
          humanInputEnableFeedback: true,
        },
      },
      llm('send', { llmUserMessage: 'Send it. {{ question }}' }),
      {
        id: 'again',
        name: 'loopAgentflow',
        label: 'Again',
        inputs: { loopBackToNode: 'draft-Draft', maxLoopCount: 5 },
      },
      reply('aside', 'aside'),
      reply('end', '{{ send }} {{ aside }} {{ $flow.state.k }}'),
    ],
    [
      ['start', 'draft'],
      ['start', 'aside'],
      ['draft', 'ask'],
      ['ask', 'send', 'ask-output-0'],
      ['ask', 'again', 'ask-output-1'],
      ['send', 'end'],
      ['aside', 'end'],
    ],
  )

describe('human input', () => {
  test('stops, goes on from the record alone, rejected it goes round, proceeds', async () => {
    const { keep, savedRun } = keeper()
    const ports = { savedRun }
    script(provider, ['draft 1'])
    const first = await run(humanFlow(), told({ ports }))
    const text = 'draft 1\n\nSend draft 1?'
    expect(first).toMatchObject({ status: 'STOPPED', text, state: { k: 'v' } })
    expect(first.action).toMatchObject({
      mapping: { approve: 'Proceed', reject: 'Reject' },
      elements: [{ type: 'agentflowv2-approve-button' }, { type: 'agentflowv2-reject-button' }],
      data: { nodeId: 'ask', nodeLabel: 'Ask', input: { humanInputEnableFeedback: true } },
    })
    expect(first.agentFlowExecutedData?.at(-1)?.status).toBe('STOPPED')
    keep(first)

    const asked = script(provider, ['draft 2'])
    const no = { type: 'reject', startNodeId: 'ask', feedback: 'shorter' } as const
    const history = async () =>
      [
        { role: 'userMessage', content: 'socks' },
        { role: 'apiMessage', content: text },
      ] as const
    const again = { input: { question: '', humanInput: no }, ports: { ...ports, history } }
    const second = await run(humanFlow(), told(again))
    expect(second).toMatchObject({ status: 'STOPPED', text: 'draft 2\n\nSend draft 2?' })
    // What the session remembers is not said twice.
    expect(linesOf(asked[0])).toEqual(['user: socks', `assistant: ${text}`, 'user: shorter'])
    keep(second)

    script(provider, ['sent'])
    const yes = { type: 'proceed' } as const
    const third = await run(
      humanFlow(),
      told({ input: { question: 'yes', humanInput: yes }, ports }),
    )
    expect(third).toMatchObject({ status: 'FINISHED', text: 'sent aside v' })
    expect(rows(third)).toEqual('start draft aside ask again draft ask send end'.split(' '))
    expect(outputOf(third, 'ask')).toMatchObject({
      content: 'proceed',
      conditions: [{ isFulfilled: true }, { isFulfilled: false }],
    })
  })

  test('a failure right after the decision can be tried again', async () => {
    const { keep, savedRun } = keeper()
    const pause = draw(
      [start(), agent('a', calculator({ agentSelectedToolRequiresHumanInput: true }))],
      chain('start', 'a'),
    )
    script(provider, [call('calculator', { input: '6*7' })])
    keep(await run(pause, told()))
    const events: FlowEvent[] = []
    provider.mock.clearFixtures()
    const humanInput = { type: 'proceed' } as const
    const failed = { input: { humanInput }, ports: { savedRun } }
    await failureOf(run(pause, told({ ...failed, emit: (event) => events.push(event) })))
    const rowsTold = events.findLast(({ event }) => event === 'agentFlowExecutedData')?.data
    keep({ sessionId: 's', status: 'ERROR', agentFlowExecutedData: rowsTold as never })
    script(provider, ['It is 42.'])
    expect((await run(pause, told(failed))).text).toBe('It is 42.')
  })

  test('what was queued beside the stop runs after it', async () => {
    const { keep, savedRun } = keeper()
    const ask = { id: 'ask', name: 'humanInputAgentflow', label: 'Ask' }
    const flow = draw(
      [start(), ask, reply('aside', 'aside'), reply('end', '{{ aside }}!')],
      [
        ['start', 'ask'],
        ['start', 'aside'],
        ['ask', 'end', 'ask-output-0'],
        ['aside', 'end'],
      ],
    )
    const first = await run(flow)
    expect(rows(first)).toEqual(['start', 'ask'])
    keep(first)
    const input = { humanInput: { type: 'proceed' as const } }
    const second = await run(flow, { input, ports: { savedRun } })
    expect(rows(second)).toEqual(['start', 'ask', 'aside', 'end'])
    expect(second.text).toBe('aside!')
    keep(second)
    expect((await failureOf(run(flow, { input, ports: { savedRun } }))).code).toBe('CONFLICT')
  })

  test.each([
    ['no run', undefined],
    [
      'a run that finished',
      { status: 'FINISHED' as const, executedData: [], claim: async () => undefined },
    ],
  ])('%s cannot go on', async (_what, saved) => {
    const humanInput = { type: 'proceed' } as const
    const ports = { savedRun: async () => saved }
    const failure = await failureOf(run(humanFlow(), told({ input: { humanInput }, ports })))
    expect(failure.code).toBe('CONFLICT')
  })
})
