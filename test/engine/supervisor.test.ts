import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { draw, failureOf, run, startProvider, type Drawn, type Told } from './harness.ts'
import { call, linesOf, script } from './script.ts'
import { calculator, model } from './team-parts.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: { fetch: provider.fetch, ...changes.ports },
})
const flow = (inputs: Record<string, unknown> = {}) =>
  draw(
    [
      model(provider),
      calculator,
      {
        id: 'boss',
        name: 'supervisor',
        label: 'Supervisor',
        category: 'Multi Agents',
        inputs: {
          supervisorName: 'Boss',
          supervisorPrompt: 'You lead {team_members}.',
          model: '{{chatOpenAI_0.data.instance}}',
          ...inputs,
        },
      },
      worker('w0', 'SQL Expert', { promptValues: '{"company":"Acme"}' }),
      worker('w1', 'Counter', { tools: ['{{calc.data.instance}}'] }),
    ],
    [
      ['chatOpenAI_0', 'boss'],
      ['boss', 'w0'],
      ['boss', 'w1'],
      ['calc', 'w1'],
    ],
  )

const route = (next: string, instructions = '') =>
  call('route', { next, instructions, reasoning: `because ${next}` })

const worker = (id: string, workerName: string, inputs: Record<string, unknown> = {}): Drawn => ({
  id,
  name: 'worker',
  label: 'Worker',
  category: 'Multi Agents',
  inputs: { workerName, workerPrompt: `You are ${workerName} of {company}`, ...inputs },
})

describe('a supervisor and its workers', () => {
  test('it sends each where it is needed until it is done', async () => {
    const asked = script(provider, [
      route('sql_expert', 'write it'),
      'SELECT 1',
      route('counter', 'count it'),
      call('calculator', { input: '6*7' }),
      'It is 42',
      route('FINISH'),
    ])
    const result = await run(flow(), told())
    expect(result.text).toBe('It is 42')
    expect(asked[0]?.tool_choice).toMatchObject({ function: { name: 'route' } })
    expect(linesOf(asked[0])[0]).toBe('system: You lead sql_expert, counter.')
    expect(linesOf(asked[1])).toEqual([
      'system: You are SQL Expert of Acme',
      'user: socks',
      'user: write it',
    ])
    expect(linesOf(asked[2])).toContain('user: sql_expert: SELECT 1')
    expect(result.agentReasoning?.map(({ agentName, next }) => [agentName, next])).toEqual([
      ['Boss', 'sql_expert'],
      ['SQL Expert', undefined],
      ['Boss', 'counter'],
      ['Counter', undefined],
      ['Boss', 'FINISH'],
    ])
    expect(result.usedTools).toMatchObject([{ tool: 'calculator', toolOutput: '42' }])
  })

  test('a summary where the author wants one', async () => {
    const last = call('route', { next: 'FINISH', reasoning: 'r', summarization: 'in short: one' })
    script(provider, [route('counter'), 'one', last])
    expect((await run(flow({ summarization: true }), told())).text).toBe('in short: one')
  })

  test('done at once, its instructions are the answer', async () => {
    script(provider, [route('FINISH', 'Hello!')])
    expect((await run(flow(), told())).text).toBe('Hello!')
  })

  test('its limit of rounds ends it', async () => {
    script(provider, [route('counter'), 'one', route('counter'), 'two', route('counter')])
    const failure = await failureOf(run(flow({ recursionLimit: '2' }), told()))
    expect(failure.message).toMatch(/"Supervisor" \(boss\).* 2 rounds/)
  })
})
