import { describe, expect, test } from 'vitest'
import { planAgentflow } from '../../src/engine/agentflow/plan.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { draw, failureOf, requestFor, run, type Drawn } from './harness.ts'

const start = (inputs: Record<string, unknown> = {}): Drawn => ({
  id: 'startAgentflow_0',
  name: 'startAgentflow',
  label: 'Start',
  inputs,
})
const reply = (directReplyMessage: string, id = 'directReplyAgentflow_0'): Drawn => ({
  id,
  name: 'directReplyAgentflow',
  label: 'Direct Reply',
  inputs: { directReplyMessage },
})
const simple = (message: string, inputs?: Record<string, unknown>) =>
  draw([start(inputs), reply(message)], [['startAgentflow_0', 'directReplyAgentflow_0']])

describe('start and direct reply', () => {
  test('the question is resolved, the record and the events are told', async () => {
    const events: FlowEvent[] = []
    const message = '<p>You said <span>{{ question }}</span></p>'
    const result = await run(simple(message), { emit: (event) => events.push(event) })
    expect(result.text).toBe('You said socks')
    expect(result.sessionId).toBe('chat-1')
    expect(result.agentFlowExecutedData).toMatchObject([
      {
        nodeId: 'startAgentflow_0',
        nodeLabel: 'Start',
        status: 'FINISHED',
        previousNodeIds: [],
        data: { id: 'startAgentflow_0', name: 'startAgentflow', output: { question: 'socks' } },
      },
      {
        nodeId: 'directReplyAgentflow_0',
        status: 'FINISHED',
        previousNodeIds: ['startAgentflow_0'],
        data: { output: { content: 'You said socks' } },
      },
    ])
    expect(events.map(({ event }) => event)).toEqual([
      'agentFlowEvent',
      'nextAgentFlow',
      'nextAgentFlow',
      'agentFlowExecutedData',
      'nextAgentFlow',
      'token',
      'nextAgentFlow',
      'agentFlowExecutedData',
      'agentFlowEvent',
    ])
    expect(events.at(-1)).toEqual({ event: 'agentFlowEvent', data: 'FINISHED' })
  })

  test('a form and the first state', async () => {
    const inputs = {
      startInputType: 'formInput',
      startState: [
        { key: 'mood', value: 'good' },
        { key: '__proto__', value: 'bad' },
      ],
    }
    const result = await run(simple('{{ $form.name }} is {{ $flow.state.mood }}', inputs), {
      input: { form: { name: 'Ada' } },
    })
    expect(result.text).toBe('Ada is good')
    const state = result.agentFlowExecutedData?.[0]?.data['state'] as object
    expect(Object.keys(state)).toEqual(['mood'])
  })

  test('a first state made of the form, where the canvas says that it takes variables', async () => {
    const startState = [{ key: 'name', value: '{{ $form.name }}' }]
    const first = start({ startInputType: 'formInput', startState })
    const param = { name: 'startState', type: 'array', acceptVariable: true }
    const textOf = async (node: Drawn) => {
      const answer = reply('I am {{ $flow.state.name }}')
      const flow = draw([node, answer], [[node.id, answer.id]])
      return (await run(flow, { input: { form: { name: 'Ada' } } })).text
    }
    expect(await textOf({ ...first, inputParams: [param] })).toBe('I am Ada')
    expect(await textOf(first)).toBe('I am {{ $form.name }}')
  })

  test('code takes no variables, whatever the canvas says: a question in it would be code', async () => {
    const written = 'return "{{ question }}"'
    const code: Drawn = {
      id: 'code',
      name: 'customFunctionAgentflow',
      inputs: { customFunctionJavascriptFunction: written },
      inputParams: [
        { name: 'customFunctionJavascriptFunction', type: 'code', acceptVariable: true },
      ],
    }
    const flow = draw([start(), code], [['startAgentflow_0', 'code']])
    const { text } = await run(flow, {
      input: { question: '"+$vars.a+"' },
      ports: { runCode: async (job) => ({ value: job.code, logs: [] }) },
    })
    expect(text).toBe(written)
  })

  test('what only sounds like a model is none', async () => {
    const startState = [{ key: 'car', value: 'red', carModel: 'Audi' }]
    expect((await run(simple('{{ $flow.state.car }}', { startState }))).text).toBe('red')
  })

  test('rows that are a text of JSON stay rows, whatever the question holds', async () => {
    const rows = [{ variableName: 'q', variableValue: '{{ question }}' }]
    const code: Drawn = {
      id: 'code',
      name: 'customFunctionAgentflow',
      inputs: {
        customFunctionInputVariables: JSON.stringify(rows),
        customFunctionJavascriptFunction: 'return $q',
      },
    }
    const flow = draw([start(), code], [['startAgentflow_0', 'code']])
    const question = 'say "hi"\nplease'
    const { text } = await run(flow, {
      input: { question },
      ports: { runCode: async ({ variables }) => ({ value: variables['$q'], logs: [] }) },
    })
    expect(text).toBe(question)
  })

  test('what the question holds is not resolved again', async () => {
    const result = await run(simple('{{ question }} {{ $vars.a }}'), {
      input: { question: '{{ $vars.a }}' },
      ports: { variables: async () => ({ a: 'secret' }) },
    })
    expect(result.text).toBe('{{ $vars.a }} secret')
  })

  test('two branches meet in one node that runs once', async () => {
    const flow = draw(
      [start(), reply('a', 'a'), reply('b', 'b'), reply('{{ a }}+{{ b }}', 'c')],
      [
        ['startAgentflow_0', 'a'],
        ['startAgentflow_0', 'b'],
        ['a', 'c'],
        ['b', 'c'],
      ],
    )
    const result = await run(flow)
    expect(result.text).toBe('a+b')
    expect(result.agentFlowExecutedData?.map(({ nodeId }) => nodeId)).toEqual([
      'startAgentflow_0',
      'a',
      'b',
      'c',
    ])
  })

  test('a last node without text answers one blank', async () => {
    expect((await run(draw([start()]))).text).toBe(' ')
  })
})

describe('what cannot run', () => {
  test.each([
    [
      'no start',
      draw(
        [reply('a', 'a'), reply('b', 'b')],
        [
          ['a', 'b'],
          ['b', 'a'],
        ],
      ),
      /found none/,
    ],
    ['two starts', draw([start(), reply('x')]), /"Start" .*"Direct Reply"/],
    [
      'an unknown node',
      draw([start(), { id: 'x_0', name: 'directReplyAgentflov', label: 'X' }]),
      /"X" \(x_0\) of type directReplyAgentflov\. The nearest known type is directReplyAgentflow\./,
    ],
    [
      'a chatflow node',
      draw([start(), { id: 'p', name: 'promptTemplate' }], [['startAgentflow_0', 'p']]),
      /cannot run in an agentflow/,
    ],
  ])('%s is UNPROCESSABLE', async (_what, flow, message) => {
    const failure = await failureOf(run(flow))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })

  const stranger = { id: 'x', name: 'unheardOf', label: 'X' }
  const choice = (value1: string) => ({
    id: 'if',
    name: 'conditionAgentflow',
    inputs: { conditions: [{ type: 'string', value1, operation: 'equal', value2: 'socks' }] },
  })
  const forked = (value1: string) =>
    draw(
      [start(), choice(value1), reply('A', 'a'), stranger],
      [
        ['startAgentflow_0', 'if'],
        ['if', 'a', 'if-output-0'],
        ['if', 'x', 'if-output-1'],
      ],
    )

  test('a node that is not known hinders where a run comes to it', async () => {
    expect((await run(forked('{{ question }}'))).text).toBe('A')
    const failure = await failureOf(run(forked('hats')))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/cannot run the node "X" \(x\) of type unheardOf/)
    const certain = draw([start(), stranger], [['startAgentflow_0', 'x']])
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    expect((await failureOf(run(certain, { emit }))).message).toContain('unheardOf')
    expect(events).toEqual([])
  })

  test('a flow started by a webhook is BAD_REQUEST, and its record is told', async () => {
    const events: FlowEvent[] = []
    const flow = simple('x', { startInputType: 'webhookTrigger' })
    const failure = await failureOf(run(flow, { emit: (event) => events.push(event) }))
    expect(failure.code).toBe('BAD_REQUEST')
    expect(events.at(-2)).toMatchObject({
      event: 'agentFlowExecutedData',
      data: [{ status: 'ERROR', data: { error: failure.message } }],
    })
    expect(events.at(-1)).toEqual({ event: 'agentFlowEvent', data: 'ERROR' })
  })

  test('an abort ends the run as TERMINATED', async () => {
    const abort = new AbortController()
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => {
      events.push(event)
      if (event.event === 'agentFlowExecutedData') abort.abort()
    }
    const failure = await failureOf(run(simple('x'), { emit, signal: abort.signal }))
    expect(failure.message).toBe('Flow execution was cancelled.')
    expect(events.at(-1)).toEqual({ event: 'agentFlowEvent', data: 'TERMINATED' })
  })
})

test('a node behind two branches of one decision waits for one of them', () => {
  const flow = draw(
    [start(), ...['decide', 'yes', 'no', 'aside', 'end'].map((id) => reply('x', id))],
    [
      ['startAgentflow_0', 'decide'],
      ['startAgentflow_0', 'aside'],
      ['decide', 'yes', 'decide-output-0'],
      ['decide', 'no', 'decide-output-1'],
      ['yes', 'end'],
      ['no', 'end'],
      ['aside', 'end'],
    ],
  )
  const plan = planAgentflow(requestFor(flow).flow, ({ id }) => id === 'decide')
  if (!plan.ok) throw new Error('it can run')
  expect(plan.requirements.get('end')).toEqual({
    all: ['aside'],
    groups: [['yes', 'no']],
    isNested: false,
  })
  expect(plan.ways.get('decide')).toEqual([
    { target: 'yes', branch: 0 },
    { target: 'no', branch: 1 },
  ])
})
