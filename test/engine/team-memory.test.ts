import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { draw, failureOf, run, startProvider, type Told } from './harness.ts'
import { call, keeper, linesOf, script, type Reply } from './script.ts'
import {
  agent,
  calculator,
  llm,
  memory,
  model,
  node,
  remembering,
  start,
  state,
} from './team-parts.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: { fetch: provider.fetch, ...changes.ports },
})
const rememberingFlow = (inputs: Record<string, unknown>) =>
  draw(
    [model(provider), memory, state([{ key: 'n', defaultValue: '1' }]), start(inputs), llm('a')],
    [['start', 'a']],
  )

describe('memory of a team', () => {
  test('with a memory the session goes on, without it begins anew', async () => {
    const { keep, savedRun } = keeper()
    script(provider, ['first'])
    keep(await run(rememberingFlow(remembering), told()))
    for (const [inputs, count] of [
      [remembering, 4],
      [{}, 2],
    ] as const) {
      const asked = script(provider, ['second'])
      await run(rememberingFlow(inputs), told({ input: { question: 'more' }, ports: { savedRun } }))
      expect(linesOf(asked[0])).toHaveLength(count)
      expect(linesOf(asked[0]).at(-1)).toBe('user: more')
    }
  })
})

const guardedFlow = () =>
  draw(
    [
      model(provider),
      memory,
      calculator,
      start(remembering),
      agent('a', {
        tools: ['{{calc.data.instance}}'],
        interrupt: true,
        approvalPrompt: 'About to use {tools}. Go on?',
        approveButtonText: 'Sure',
      }),
      llm('b'),
    ],
    [
      ['start', 'a'],
      ['a', 'b'],
    ],
  )

const stopped = async () => {
  const { keep, savedRun } = keeper()
  const asked = script(provider, [call('calculator', { input: '6*7' }), 'Shall I calculate?'])
  const result = await run(guardedFlow(), told())
  keep(result)
  return { result, savedRun, asked }
}

describe('calls that a person has to agree to', () => {
  test.each([
    ['a button', { question: 'Sure' }],
    ['humanInput', { question: '', humanInput: { type: 'proceed' as const } }],
  ])('agreed by %s', async (_what, input) => {
    const { result, savedRun, ...before } = await stopped()
    const call = '{"tool":"calculator","toolInput":{"input":"6*7"},"toolOutput":""}'
    expect(linesOf(before.asked[1])).toEqual([`user: About to use [${call}]. Go on?`])
    expect(result).toMatchObject({
      status: 'STOPPED',
      text: 'Shall I calculate?',
      memoryType: 'mem',
      action: {
        mapping: { approve: 'Sure', reject: 'No' },
        elements: [{ type: 'approve-button', label: 'Sure' }, { type: 'reject-button' }],
      },
    })
    const asked = script(provider, ['It is 42', 'Good'])
    const second = await run(guardedFlow(), told({ input, ports: { savedRun } }))
    expect(second).toMatchObject({ status: 'FINISHED', text: 'Good' })
    expect(linesOf(asked[0]).at(-1)).toBe('tool: 42')
    expect(linesOf(asked[1]).slice(1)).toEqual(['user: socks', 'user: a: It is 42'])
  })

  test('refused, and something else altogether', async () => {
    const { savedRun } = await stopped()
    const asked = script(provider, ['Then not', 'Fine'])
    await run(guardedFlow(), told({ input: { question: 'No' }, ports: { savedRun } }))
    expect(linesOf(asked[0]).at(-1)).toMatch(/^tool: A person refused/)
    const other = script(provider, ['Hello', 'Hi'])
    await run(guardedFlow(), told({ input: { question: 'Hello?' }, ports: { savedRun } }))
    expect(linesOf(other[0]).slice(1)).toEqual(['user: socks', 'user: Hello?'])
  })

  test('a decision without a stop is a CONFLICT', async () => {
    const input = { humanInput: { type: 'proceed' as const } }
    expect((await failureOf(run(guardedFlow(), told({ input })))).code).toBe('CONFLICT')
  })
})

describe('a tool node that asks first', () => {
  const stopAtTools = async (approval: readonly Reply[]) => {
    const flow = draw(
      [
        model(provider),
        memory,
        calculator,
        start(remembering),
        llm('asker'),
        node('tools', 'seqToolNode', { tools: ['{{calc.data.instance}}'], interrupt: true }),
        llm('answer'),
      ],
      [
        ['start', 'asker'],
        ['asker', 'tools'],
        ['tools', 'answer'],
      ],
    )
    const { keep, savedRun } = keeper()
    script(provider, [call('calculator', { input: '6*7' }), ...approval])
    const result = await run(flow, told())
    keep(result)
    return { flow, result, savedRun }
  }

  test.each([
    ['Yes', 'of a silent model', [''], 'tool: 42'],
    ['No', 'of a failing model', [], 'tool: A person refused this call.'],
  ])('%s, at the question %s', async (...[question, , approval, line]) => {
    const { flow, result, savedRun } = await stopAtTools(approval)
    expect(result).toMatchObject({ status: 'STOPPED', action: { mapping: { approve: 'Yes' } } })
    // Without its words a person still learns what waits.
    expect(result.text).toMatch(/calculator: \{"input":"6\*7"\}/)
    const asked = script(provider, ['so'])
    const second = await run(flow, told({ input: { question }, ports: { savedRun } }))
    expect(second.text).toBe('so')
    expect(linesOf(asked[0]).at(-1)).toBe(line)
    // Providers want to know the tools whose calls they are shown.
    expect(asked[0]?.tools).toHaveLength(1)
    expect(asked[0]?.tool_choice).toBe('none')
  })

  test('a new question instead leaves the open call behind', async () => {
    const { flow, savedRun } = await stopAtTools(['Shall I?'])
    const asked = script(provider, ['hello', 'hello'])
    await run(flow, told({ input: { question: 'Hi' }, ports: { savedRun } }))
    expect(linesOf(asked[0])).toEqual(['system: You are asker', 'user: socks', 'user: Hi'])
  })
})
