import { afterAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import type { Ports } from '../../src/engine/node/ports.ts'
import { matchScenario } from '../../src/engine/nodes/agentflow/condition-agent-agentflow.ts'
import { holds } from '../../src/engine/steps/conditions.ts'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'
import { draw, failureOf, run, startStub } from './harness.ts'
import { keeper, outputOf, reply, rows, start } from './script.ts'

const sandbox = createSandbox({ fetch: async () => new Response() })
const runCode: Ports['runCode'] = (job) => sandbox.run(job)

afterAll(() => sandbox.close())

describe('comparisons', () => {
  test.each<[string, string, unknown, unknown, boolean]>([
    ['string', 'contains', 'abc', 'b', true],
    ['string', 'contains', 'abc', 'x', false],
    ['string', 'notContains', 'abc', 'x', true],
    ['string', 'startsWith', 'abc', 'ab', true],
    ['string', 'startsWith', 'abc', 'b', false],
    ['string', 'endsWith', 'abc', 'bc', true],
    ['string', 'equal', '**yes**', 'yes', true],
    ['string', 'equal', '# a\n- [b](http://x)', 'a\nb', true],
    ['string', 'equal', 'snake_case_name', 'snake_case_name', true],
    ['string', 'equal', 'Yes', 'yes', false],
    ['string', 'notEqual', 'Yes', 'yes', true],
    ['string', 'regex', 'order 42', '\\d+', true],
    ['string', 'regex', 'order', '^\\d+$', false],
    ['string', 'isEmpty', '', '', true],
    ['string', 'isEmpty', null, '', true],
    ['string', 'isEmpty', '0', '', false],
    ['string', 'notEmpty', 'a', '', true],
    ['number', 'equal', '5', '5.0', true],
    ['number', 'notEqual', 5, '6', true],
    ['number', 'smaller', '9', '10', true],
    ['number', 'smallerEqual', 10, '10', true],
    ['number', 'larger', '9', '10', false],
    ['number', 'largerEqual', '10', '10', true],
    ['number', 'larger', 'many', '10', false],
    ['number', 'smaller', '', '10', true],
    ['number', 'equal', '3 of 5', '3', true],
    ['number', 'isEmpty', '', '', true],
    ['boolean', 'equal', true, 'true', true],
    ['boolean', 'equal', 'True', 'true', true],
    ['boolean', 'notEqual', 'false', 'true', true],
  ])('%s %s: %j, %j is %j', async (...[type, operation, value1, value2, expected]) => {
    const world = { ports: { runCode }, signal: new AbortController().signal }
    expect(await holds({ type, operation, value1, value2 }, world)).toBe(expected)
  })

  test.each(['constructor', 'like'])('the operation %s does not exist', async (operation) => {
    const world = { ports: { runCode }, signal: new AbortController().signal }
    const row = { type: 'string', operation, value1: 'a', value2: 'a' }
    expect((await failureOf(holds(row, world))).message).toMatch(operation)
  })
})

test.each<[string, number]>([
  ['{"output": "asks for a refund"}', 0],
  ['```json\n{"output": "Looks for an item"}\n```', 1],
  ['{"output": "looks"}', 1],
  ['{"output": "an item"}', 1],
  ['asks for a refund', 0],
  ['The user asks for a refund now', 0],
  ['{"output": "something else"}', 2],
  ['', 2],
  ['{"output": 7}', 2],
])('the scenario of %s', (answer, index) => {
  expect(matchScenario(answer, ['asks for a refund', 'looks for an item', 'talks'])).toBe(index)
})

const decide = (id: string, ...values: readonly [string, string][]) => ({
  id,
  name: 'conditionAgentflow',
  label: id,
  inputs: {
    conditions: values.map(([value1, value2]) => ({
      type: 'string',
      operation: 'equal',
      value1,
      value2,
    })),
  },
})

describe('branches', () => {
  const flow = draw(
    [
      start(),
      decide('d', ['<p>{{ question }}</p>', 'a'], ['{{ question }}', 'b']),
      reply('first', '1'),
      reply('second', '2'),
      reply('else', 'e'),
      reply('end', '{{ first }}{{ second }}{{ else }}'),
    ],
    [
      ['start', 'd'],
      ['d', 'first', 'd-output-0'],
      ['d', 'second', 'd-output-1'],
      ['d', 'else', 'd-output-2'],
      ['first', 'end'],
      ['second', 'end'],
      ['else', 'end'],
    ],
  )
  test.each([
    ['a', 'first', 0],
    ['b', 'second', 1],
    ['c', 'else', 2],
  ])('the question %s takes the branch %s alone', async (question, branch, index) => {
    const result = await run(flow, { input: { question } })
    expect(rows(result)).toEqual(['start', 'd', branch, 'end'])
    const { conditions } = outputOf(result, 'd') as { conditions: { isFulfilled: boolean }[] }
    expect(conditions.map(({ isFulfilled }) => isFulfilled)).toEqual(
      [0, 1, 2].map((at) => at === index),
    )
  })

  const nested = draw(
    [
      start(),
      decide('d1', ['{{ question }}', 'a']),
      decide('d2', ['{{ question }}', 'b']),
      reply('x', 'x'),
      reply('y', 'y'),
      reply('z', 'z'),
      reply('end', 'end'),
    ],
    [
      ['start', 'd1'],
      ['d1', 'x', 'd1-output-0'],
      ['d1', 'd2', 'd1-output-1'],
      ['d2', 'y', 'd2-output-0'],
      ['d2', 'z', 'd2-output-1'],
      ['x', 'end'],
      ['y', 'end'],
      ['z', 'end'],
    ],
  )
  test.each([
    ['a', ['start', 'd1', 'x', 'end']],
    ['b', ['start', 'd1', 'd2', 'y', 'end']],
    ['c', ['start', 'd1', 'd2', 'z', 'end']],
  ])('else-if: %s meets the others at the end, once', async (question, expected) => {
    expect(rows(await run(nested, { input: { question } }))).toEqual(expected)
  })
})

const loop = (id: string, inputs: Record<string, unknown>) => ({
  id,
  name: 'loopAgentflow',
  label: id,
  inputs,
})

describe('loops', () => {
  const edges: [string, string][] = [
    ['start', 'a'],
    ['a', 'again'],
  ]
  const flow = (inputs: Record<string, unknown>) =>
    draw([start(), reply('a', 'round {{ loop_count }}'), loop('again', inputs)], edges)

  test('the target runs as often as the loop says, all told', async () => {
    const inputs = { loopBackToNode: 'a-Reply', maxLoopCount: '3', fallbackMessage: 'enough' }
    const events: FlowEvent[] = []
    const result = await run(flow(inputs), { emit: (event) => events.push(event) })
    expect(rows(result)).toEqual(['start', 'a', 'again', 'a', 'again', 'a', 'again'])
    expect(outputOf(result, 'a')).toEqual({ content: 'round 2' })
    expect(result.text).toBe('enough')
    expect(events.filter(({ event }) => event === 'token').map(({ data }) => data)).toEqual([
      'enough',
    ])
  })

  test('a loop to nowhere is refused before anything runs', async () => {
    const failure = await failureOf(run(flow({ loopBackToNode: 'gone-Away' })))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/"again" \(again\)/)
  })

  test('1000 nodes are the end, whatever the loop says', async () => {
    const failure = await failureOf(run(flow({ loopBackToNode: 'a', maxLoopCount: 5000 })))
    expect(failure.message).toMatch(/1000 steps/)
  })

  test('state counts on', async () => {
    const again = loop('again', {
      loopBackToNode: 'a',
      maxLoopCount: 3,
      loopUpdateState: [{ key: 'seen', value: '{{ $flow.state.seen }}+{{ output.nodeID }}' }],
    })
    const result = await run(
      draw([start({ startState: [{ key: 'seen', value: '0' }] }), reply('a', 'x'), again], edges),
    )
    expect(result.state).toEqual({ seen: '0+a+a+a' })
  })
})

const eachFlow = (input: unknown, inner = '{{ $iteration.item }}!') =>
  draw(
    [
      start(),
      {
        id: 'each',
        name: 'iterationAgentflow',
        label: 'Each',
        inputs: { iterationInput: input },
      },
      reply('one', inner, 'each'),
      reply('two', '{{ one }}?', 'each'),
      reply('after', 'all: {{ each }}'),
    ],
    [
      ['start', 'each'],
      ['one', 'two'],
      ['each', 'after'],
    ],
  )

describe('iterations', () => {
  test('each item runs the nodes inside, and only the last node is heard', async () => {
    const events: FlowEvent[] = []
    const input = "<p>[{item: 'abc'}, {'item': 'def'},]</p>"
    const result = await run(eachFlow(input), { emit: (event) => events.push(event) })
    expect(result.text).toBe('all: abc!?\ndef!?')
    expect(rows(result)).toEqual(['start', 'one', 'two', 'one', 'two', 'each', 'after'])
    expect(result.agentFlowExecutedData?.[3]?.data).toMatchObject({
      iterationIndex: 1,
      iterationContext: { index: 1, item: { item: 'def' } },
      parentNodeId: 'each',
    })
    expect(events.filter(({ event }) => event === 'token')).toHaveLength(1)
  })

  test('a failing item becomes its text, the others go on', async () => {
    const broken = JSON.parse(eachFlow('[1, 2]')) as { nodes: { id: string; data: object }[] }
    const nodes = broken.nodes.map((node) =>
      node.id === 'one'
        ? {
            ...node,
            data: { id: 'one', name: 'httpAgentflow', label: 'One', inputs: { url: 'x' } },
          }
        : node,
    )
    const result = await run(JSON.stringify({ ...broken, nodes }))
    expect(result.text).toMatch(/^all: Item 1 failed: .*URL.*\nItem 2 failed: /)
    expect(result.status).toBe('FINISHED')
  })

  test.each([['no list'], ['{"a":1}'], ['']])('%j is no list', async (input) => {
    expect((await failureOf(run(eachFlow(input)))).message).toMatch(/"Each" \(each\).* not a list/)
  })

  test('all iterations share the limit of 1000 nodes', async () => {
    const many = JSON.stringify(Array.from({ length: 600 }, (_, item) => ({ item })))
    expect((await failureOf(run(eachFlow(many)))).message).toMatch(/1000 steps/)
  })

  test('nobody can be asked inside', async () => {
    const human = { id: 'ask', name: 'humanInputAgentflow', label: 'Ask', parentNode: 'each' }
    const drawn = JSON.parse(eachFlow('[1]')) as { nodes: unknown[] }
    const more = JSON.parse(draw([human])) as { nodes: unknown[] }
    const whole = JSON.stringify({ ...drawn, nodes: [...drawn.nodes, ...more.nodes] })
    expect((await failureOf(run(whole))).message).toMatch(/"Ask" \(ask\).*iteration/)
  })
})

const codeFlow = (inputs: Record<string, unknown>) =>
  draw(
    [
      start({ startState: [{ key: 'mood', value: 'good' }], ...inputs }),
      {
        id: 'code',
        name: 'customFunctionAgentflow',
        label: 'Code',
        inputs: {
          customFunctionInputVariables: [{ variableName: 'name', variableValue: '{{ question }}' }],
          customFunctionJavascriptFunction: 'return { hi: $name, mood: $flow.state.mood }',
          customFunctionUpdateState: [
            { key: 'mood', value: '<p>{{ output.hi }} </p>' },
            { key: '__proto__', value: 'x' },
          ],
        },
      },
      reply('end', '{{ $flow.state.mood }} / {{ code }}'),
    ],
    [
      ['start', 'code'],
      ['code', 'end'],
    ],
  )

describe('state', () => {
  test('user code sees variables and state, its result may change the state', async () => {
    const result = await run(codeFlow({}), { ports: { runCode } })
    expect(result.text).toBe('socks / {\n  "hi": "socks",\n  "mood": "good"\n}')
    expect(result.state).toEqual({ mood: 'socks' })
  })

  test('it persists where the start node says so, and only there', async () => {
    const { keep, savedRun } = keeper()
    const told = { ports: { runCode, savedRun } }
    keep(await run(codeFlow({ startPersistState: true }), told))
    expect((await run(codeFlow({ startPersistState: true }), told)).text).toMatch(/"mood": "socks"/)
    expect((await run(codeFlow({}), told)).text).toMatch(/"mood": "good"/)
  })
})

const credential = async () => ({ token: 'very-secret-token' })

describe('http', () => {
  test('method, query, credential and body are sent; the answer is under http', async () => {
    let seen = {}
    const stub = await startStub((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const { method, url, headers } = request
        seen = { method, url, body, auth: headers.authorization, team: headers['x-team'] }
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end('{"fine": true}')
      })
    })
    const http = {
      id: 'http',
      name: 'httpAgentflow',
      label: 'Http',
      credential: 'cred-1',
      inputs: {
        method: 'POST',
        url: `${stub.baseUrl}/things?a=1`,
        headers: [{ key: 'X-Team', value: 'red' }],
        queryParams: [{ key: 'q', value: '{{ question }} & more' }],
        bodyType: 'json',
        body: '<p>{"say": "{{ question }}"}</p>',
      },
    }
    const edges: [string, string][] = [['start', 'http']]
    const told = { input: { question: 'a "b" c' }, ports: { fetch: stub.fetch, credential } }
    const alone = await run(draw([start(), http], edges), told)
    expect(alone.text).toBe(' ')
    expect(seen).toEqual({
      method: 'POST',
      url: '/v1/things?a=1&q=a+%22b%22+c+%26+more',
      body: JSON.stringify({ say: 'a "b" c' }),
      auth: 'Bearer very-secret-token',
      team: 'red',
    })
    const end = reply('end', '{{ http }} {{ http.output.http.status }}')
    const both = await run(draw([start(), http, end], [...edges, ['http', 'end']]), told)
    expect(both.text).toBe('{"fine":true} 200')
    expect(JSON.stringify(both)).not.toContain('very-secret-token')
    await stub.stop()
  })

  test('an error of the server is UPSTREAM', async () => {
    const stub = await startStub((_request, response) => response.writeHead(503).end())
    const http = { id: 'http', name: 'httpAgentflow', inputs: { url: stub.baseUrl } }
    const flow = draw([start(), http], [['start', 'http']])
    const failure = await failureOf(run(flow, { ports: { fetch: stub.fetch } }))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/503/)
    await stub.stop()
  })
})

const outer = (id: string) =>
  draw(
    [
      start(),
      {
        id: 'inner',
        name: 'executeFlowAgentflow',
        label: 'Inner',
        inputs: { executeFlowSelectedFlow: id, executeFlowInput: '{{ question }} inside' },
      },
      reply('end', 'it said: {{ inner }}'),
    ],
    [
      ['start', 'inner'],
      ['inner', 'end'],
    ],
  )

describe('flows within flows', () => {
  const flows: Record<string, string> = {
    echo: '{}',
    mirror: draw([start(), reply('r', '<{{ question }}>')], [['start', 'r']]),
    ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`n${n}`, outer(`n${n + 1}`)])),
    round: outer('flow-1'),
  }
  const flow: Ports['flow'] = async (id) => {
    const flowData = flows[id]
    if (flowData === undefined) throw new Failure('UNPROCESSABLE', `There is no flow ${id}.`)
    return { id, flowData, name: id }
  }

  test.each([
    ['echo', 'it said: socks inside'],
    ['mirror', 'it said: <socks inside>'],
  ])('the flow %s answers', async (id, text) => {
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    const result = await run(outer(id), { ports: { flow }, emit })
    expect(result.text).toBe(text)
    expect(events.filter(({ event }) => event === 'agentFlowEvent')).toHaveLength(2)
  })

  test.each([
    ['itself', 'flow-1', /inside itself/],
    ['itself by another', 'round', /inside itself/],
    ['too deep', 'n1', /at most 5 deep/],
    ['an unknown one', 'gone', /no flow gone/],
    ['none', '', /no flow is chosen/],
  ])('%s is refused', async (_what, id, message) => {
    const failure = await failureOf(run(outer(id), { ports: { flow } }))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })
})
