import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { validateFlow } from '../../src/engine/validate.ts'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'
import { draw, failureOf, run, startProvider, textOf, type Told } from './harness.ts'
import { call, linesOf, script } from './script.ts'
import { agent, calculator, llm, model, node, start, state } from './team-parts.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
const sandbox = createSandbox({ fetch: async () => new Response() })

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => {
  await provider.stop()
  await sandbox.close()
})

const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: { fetch: provider.fetch, runCode: (job) => sandbox.run(job), ...changes.ports },
})
describe('agents in sequence', () => {
  test('branches meet: the last one hears both, once', async () => {
    const asked = script(provider, ['I am A', 'I am B', 'I am C', 'I am D'])
    const events: FlowEvent[] = []
    const flow = draw(
      [
        model(provider),
        start(),
        agent('A'),
        agent('B'),
        agent('C'),
        agent('D'),
        node('end', 'seqEnd'),
      ],
      [
        ['chatOpenAI_0', 'start'],
        ['start', 'A'],
        ['A', 'B'],
        ['A', 'C'],
        ['B', 'D'],
        ['C', 'D'],
        ['D', 'end'],
      ],
    )
    const emit = (event: FlowEvent) => void events.push(event)
    const result = await run(flow, told({ input: { streaming: true }, emit }))
    expect(result.text).toBe('I am D')
    expect(linesOf(asked[2])).toEqual(['system: You are C', 'user: socks', 'user: A: I am A'])
    expect(linesOf(asked[3]).slice(2)).toEqual([
      'user: A: I am A',
      'user: B: I am B',
      'user: C: I am C',
    ])
    expect(
      result.agentReasoning?.map(({ agentName, messages }) => [agentName, ...messages]),
    ).toEqual(['A', 'B', 'C', 'D'].map((name) => [name, `I am ${name}`]))
    expect(events.map(({ event }) => event).filter((event) => event !== 'nextAgent')).toEqual([
      'start',
      'agentReasoning',
      'agentReasoning',
      'agentReasoning',
      'agentReasoning',
      'token',
    ])
    expect(textOf(events)).toBe('I am D')
    expect(events.filter(({ event }) => event === 'nextAgent').map(({ data }) => data)).toEqual([
      'B',
      'C',
      'D',
    ])
  })

  test('a condition on what was said, and a loop by name', async () => {
    const asked = script(provider, ['w1', 't1', 'w2', 't2', 'w3'])
    const flow = draw(
      [
        model(provider),
        start(),
        llm('Writer'),
        node('if', 'seqCondition', {
          selectedConditionFunctionTab_if: 'conditionUI',
          conditionUI: JSON.stringify([
            {
              variable: '$flow.state.messages.length',
              operation: 'Less Than or Equal To',
              value: '4',
              output: 'Grade It',
            },
          ]),
        }),
        llm('Teacher'),
        node('loop', 'seqLoop', { loopToName: 'writer' }),
        node('end', 'seqEnd'),
      ],
      [
        ['start', 'Writer'],
        ['Writer', 'if'],
        ['if', 'end', 'if-output-end-Condition'],
        ['if', 'Teacher', 'if-output-gradeIt-Condition'],
        ['Teacher', 'loop'],
      ],
    )
    expect((await run(flow, told())).text).toBe('w3')
    expect(linesOf(asked[2])).toEqual([
      'system: You are Writer',
      'user: socks',
      'assistant: w1',
      'user: Teacher: t1',
    ])
  })

  test('a loop without an end stops after 100 rounds', async () => {
    script(
      provider,
      Array.from({ length: 101 }, (_, n) => `${n}`),
    )
    const flow = draw(
      [model(provider), start(), llm('a'), node('loop', 'seqLoop', { loopToName: 'a' })],
      [
        ['start', 'a'],
        ['a', 'loop'],
      ],
    )
    expect((await failureOf(run(flow, told()))).message).toMatch(/100 rounds/)
  })

  test('state is set by rows and by code, read in prompts, conditions and lists', async () => {
    const asked = script(provider, ['{"mood":"good"}', 'done'])
    const flow = draw(
      [
        model(provider),
        state([
          { key: 'mood', type: 'Replace', defaultValue: 'none' },
          { key: 'notes', type: 'Append', defaultValue: '' },
        ]),
        start({ state: '{{state.data.instance}}' }),
        llm('judge', {
          llmStructuredOutput: JSON.stringify([
            { key: 'mood', type: 'Enum', enumValues: 'good, bad', description: '' },
          ]),
          updateStateMemory: 'updateStateMemoryUI',
          updateStateMemoryUI: JSON.stringify([
            { key: 'mood', value: '$flow.output.mood' },
            { key: 'notes', value: 'judged' },
          ]),
        }),
        node('code', 'seqCustomFunction', {
          functionInputVariables: '{"mood":"$flow.state.mood"}',
          javascriptFunction: 'return { notes: [$mood + "!", $flow.state.messages.length] }',
          returnValueAs: 'stateObj',
        }),
        node('if', 'seqCondition', {
          selectedConditionFunctionTab_if: 'conditionFunction',
          conditionFunction: 'return $flow.state.mood === "good" ? "Happy" : "Sad"',
        }),
        llm('Happy', {
          systemMessagePrompt: 'Mood {mood}, notes {notes}, {other} {"a": 1}',
          promptValues: '{"mood":"$flow.state.mood","notes":"$flow.state.notes"}',
          updateStateMemory: 'updateStateMemoryCode',
          updateStateMemoryCode: 'return { mood: $flow.output.content + $flow.state.mood }',
        }),
        llm('Sad'),
      ],
      [
        ['start', 'judge'],
        ['judge', 'code'],
        ['code', 'if'],
        ['if', 'Happy', 'if-output-happy-Condition'],
        ['if', 'Sad', 'if-output-sad-Condition'],
      ],
    )
    const result = await run(flow, told())
    expect(result.text).toBe('done')
    expect(linesOf(asked[1])[0]).toBe(
      'system: Mood good, notes ["judged","good!",2], {other} {"a": 1}',
    )
    expect(result.state?.['values']).toEqual({
      mood: 'donegood',
      notes: ['judged', 'good!', 2],
    })
  })

  test('code says how values change; what comes to nothing changes nothing', async () => {
    script(provider, ['one', 'two'])
    const code = `{
      count: { value: (x, y) => x + y, default: () => 1 },
      names: { value: (x, y) => x.concat(y), default: () => [] },
      last: { value: (x, y) => y ?? x, default: () => null },
    }`
    const changes = (rows: object[]) => ({ updateStateMemoryUI: JSON.stringify(rows) })
    const flow = draw(
      [
        model(provider),
        node('state', 'seqState', {
          selectedStateTab_state: 'stateMemoryCode',
          stateMemoryCode: code,
        }),
        start({ state: '{{state.data.instance}}' }),
        llm('a', {
          updateStateMemory: 'updateStateMemoryCode',
          updateStateMemoryCode: 'return { count: 5, names: ["a"], last: "x" }',
        }),
        llm(
          'b',
          changes([
            { key: 'names', value: 'b' },
            { key: 'last', value: '$flow.state.gone' },
          ]),
        ),
      ],
      [
        ['start', 'a'],
        ['a', 'b'],
      ],
    )
    const { state: left } = await run(flow, told())
    expect(left?.['values']).toEqual({ count: 6, names: ['a', 'b'], last: 'x' })
  })

  test('rows as older canvases kept them', async () => {
    script(provider, ['one'])
    const flow = draw(
      [
        model(provider),
        node('state', 'seqState', {
          stateMemory: '[{"Key":"list","Operation":"Append","Default Value":"[\\"a\\"]"}]',
        }),
        start({ state: '{{state.data.instance}}' }),
        llm('x', { updateStateMemory: '[{"Key":"list","Value":"$flow.output.content"}]' }),
      ],
      [['start', 'x']],
    )
    expect((await run(flow, told())).state?.['values']).toEqual({ list: ['a', 'one'] })
  })

  test.each<[string, string, string, string]>([
    ['$A', 'Contains', 'one', 'Yes'],
    ['$A', 'Is', 'one', 'No'],
    ['$flow.state.messages[-1].content', 'End With', 'said', 'Yes'],
    ['$flow.state.messages.length', 'Equal To', '2', 'Yes'],
    ['$flow.state.gone', 'Is Empty', '', 'Yes'],
    // Nothing can be said of a value that is not there.
    ['$flow.state.gone', 'Is Not', 'x', 'No'],
    ['$flow.state.gone', 'Less Than', '5', 'No'],
    ['many', 'Greater Than', '1', 'No'],
  ])('a condition: %s %s "%s" is %s', async (...[variable, operation, value, text]) => {
    script(provider, ['one was said', (asked) => linesOf(asked)[0]?.slice('system: '.length) ?? ''])
    const row = { variable, operation, value, output: 'Ça va' }
    const flow = draw(
      [
        model(provider),
        start(),
        llm('A'),
        node('if', 'seqCondition', {
          selectedConditionFunctionTab_if: 'conditionUI_if',
          conditionUI: JSON.stringify([
            row,
            { ...row, variable: '$A', operation: 'Is Not Empty', output: 'Non' },
          ]),
        }),
        llm('yes', { systemMessagePrompt: 'Yes' }),
        llm('no', { systemMessagePrompt: 'No' }),
      ],
      [
        ['start', 'A'],
        ['A', 'if'],
        ['if', 'yes', 'if-output-caVa-Condition'],
        ['if', 'no', 'if-output-non-Condition'],
      ],
    )
    const result = await run(flow, told())
    expect(result.text).toBe(text)
    expect(result.agentReasoning?.[1]).toMatchObject({
      agentName: 'if',
      nodeName: 'seqCondition',
      messages: [text.toLowerCase()],
    })
  })

  test('an LLM node asks, the tool node calls, the next one sees the result', async () => {
    const asked = script(provider, [
      call('calculator', { input: '6*7' }),
      '{"ok":"yes"}',
      'It is 42',
    ])
    const flow = draw(
      [
        model(provider),
        calculator,
        start(),
        llm('asker'),
        node('tools', 'seqToolNode', { tools: ['{{calc.data.instance}}'] }),
        node('judge', 'seqConditionAgent', {
          systemMessagePrompt: 'Judge {result}',
          promptValues: '{"result":"{{tools.data.instance}}"}',
          conditionAgentStructuredOutput: '[{"key":"ok","type":"Enum","enumValues":"yes, no"}]',
          conditionUI:
            '[{"variable":"$flow.output.ok","operation":"Is","value":"yes","output":"Answer"}]',
        }),
        llm('answer', { systemMessagePrompt: '' }),
        llm('plain'),
      ],
      [
        ['start', 'asker'],
        ['asker', 'tools'],
        ['asker', 'plain'],
        ['tools', 'judge'],
        ['judge', 'answer', 'judge-output-answer-Condition'],
      ],
    )
    const result = await run(flow, told())
    expect(asked[0]?.tools?.map((tool) => tool.function.name)).toEqual(['calculator'])
    expect(linesOf(asked[1])[0]).toBe('system: Judge 42')
    expect(linesOf(asked[2]).at(-1)).toBe('tool: 42')
    expect(result).toMatchObject({ text: 'It is 42', usedTools: [{}, { toolOutput: '42' }] })
    script(provider, ['hello', 'hello too'])
    expect((await run(flow, told())).text).toBe('hello too')
  })
})

describe('what cannot run', () => {
  test.each([
    ['two starts', draw([start(), node('other', 'seqStart')]), /exactly one start.*start.*other/],
    [
      'an unknown tool',
      draw(
        [start(), agent('a', { tools: ['{{x.data.instance}}'] }), node('x', 'calculatr')],
        [
          ['start', 'a'],
          ['x', 'a'],
        ],
      ),
      /"x" \(x\) of type calculatr.*nearest known type is calculator/,
    ],
    ['no model', draw([node('start', 'seqStart'), llm('a')], [['start', 'a']]), /"a" \(a\).*model/],
    [
      'a loop to nobody',
      draw([start(), node('loop', 'seqLoop', { loopToName: 'X' })], [['start', 'loop']]),
      /"X" to go to|no such node/,
    ],
  ])('%s', async (_what, flow, message) => {
    const failure = await failureOf(run(flow))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })

  test('strangers are told at save time', () => {
    const flowData = draw([start(), node('x', 'seqStrange')], [['start', 'x']])
    const problems = validateFlow(parseFlow({ id: 'f', flowData }))
    expect(problems).toMatchObject([{ nodeName: 'seqStrange' }])
  })
})
