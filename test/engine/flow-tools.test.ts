import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { Ports } from '../../src/engine/node/ports.ts'
import { draw, failureOf, run, startProvider } from './harness.ts'
import { call, linesOf, outputOf, reply, script, start } from './script.ts'
import * as team from './team-parts.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

/** An agent of a chatflow with one tool. */
const agent = (tool: { name: string; inputs: Record<string, unknown> }) =>
  draw([
    { id: 'chatOpenAI_0', name: 'chatOpenAI', inputs: { basepath: provider.baseUrl } },
    { id: 'tool_0', label: 'Helper', ...tool },
    {
      id: 'toolAgent_0',
      name: 'toolAgent',
      category: 'Agents',
      inputs: { model: '{{chatOpenAI_0.data.instance}}', tools: ['{{tool_0.data.instance}}'] },
    },
  ])

const chatflow = (inputs: Record<string, unknown>) =>
  agent({ name: 'ChatflowTool', inputs: { selectedChatflow: 'mirror', ...inputs } })

const mirror = (session = '{{ $flow.sessionId }}') =>
  draw([start(), reply('r', `<{{ question }}> in ${session}`)], [['start', 'r']])

const flows = (): Readonly<Record<string, string>> => ({
  mirror: mirror(),
  chain: agent({ name: 'agentAsTool', inputs: { selectedAgentflow: 'flow-1' } }),
})

const flow: Ports['flow'] = async (id) => {
  const flowData = flows()[id]
  if (flowData === undefined) throw new Failure('UNPROCESSABLE', `There is no flow ${id}.`)
  return { id, flowData, name: id }
}

const ports = () => ({ fetch: provider.fetch, flow })

describe('a flow as a tool of a chatflow', () => {
  test('answers the model in this process, in the session of the run', async () => {
    const asked = script(provider, [call('helper', { input: 'wool' }), 'done'])
    const drawn = chatflow({ name: 'helper', description: 'Knows wool.' })
    const result = await run(drawn, { ports: ports(), input: { sessionId: 's-1' } })
    expect(asked[0]?.tools).toMatchObject([{ function: { name: 'helper' } }])
    expect(linesOf(asked[1]).at(-1)).toBe('tool: <wool> in s-1')
    expect(result.usedTools).toMatchObject([{ tool: 'helper', toolOutput: '<wool> in s-1' }])
  })

  test('starts a session of its own where that is drawn', async () => {
    const asked = script(provider, [call('chatflow_tool', { input: 'wool' }), 'done'])
    await run(chatflow({ startNewSession: true }), { ports: ports(), input: { sessionId: 's-1' } })
    expect(linesOf(asked[1]).at(-1)).toMatch(/^tool: <wool> in [0-9a-f-]{36}$/)
  })

  test.each([
    ['the question of the person', { useQuestionFromChat: true }, '<socks> in chat-1'],
    ['what the author fixed', { customInput: 'yarn' }, '<yarn> in chat-1'],
    ['another session', { overrideConfig: { sessionId: 's-2' } }, '<wool> in s-2'],
  ])('is given %s', async (_what, inputs, told) => {
    const asked = script(provider, [call('chatflow_tool', { input: 'wool' }), 'done'])
    await run(chatflow(inputs), { ports: ports() })
    expect(linesOf(asked[1]).at(-1)).toBe(`tool: ${told}`)
  })

  test('its answer is that of the run where that is drawn', async () => {
    const asked = script(provider, [call('chatflow_tool', { input: 'wool' })])
    const result = await run(chatflow({ returnDirect: true }), { ports: ports() })
    expect(result.text).toBe('<wool> in chat-1')
    expect(asked).toHaveLength(1)
  })

  test.each([
    ['the flow itself', 'flow-1', /a flow cannot run inside itself/],
    ['an unknown flow', 'gone', /There is no flow gone/],
    ['no flow', '', /no flow is chosen/],
  ])('the model is told that %s cannot run', async (_what, selectedChatflow, message) => {
    const asked = script(provider, [call('chatflow_tool', { input: 'wool' }), 'done'])
    const result = await run(chatflow({ selectedChatflow }), { ports: ports() })
    expect(linesOf(asked[1]).at(-1)).toMatch(message)
    expect(result.usedTools?.[0]?.error).toMatch(/"Helper" \(tool_0\)/)
  })

  test('flows cannot call each other in a circle', async () => {
    const asked = script(provider, [
      call('chatflow_tool', { input: 'a' }),
      call('agentflow_tool', { input: 'b' }),
      'inner gives up',
      'outer gives up',
    ])
    const result = await run(chatflow({ selectedChatflow: 'chain' }), { ports: ports() })
    expect(linesOf(asked[2]).at(-1)).toMatch(/a flow cannot run inside itself/)
    expect(result.text).toBe('outer gives up')
  })

  test('an abort ends the inner flow', async () => {
    const abort = new AbortController()
    script(provider, [call('chatflow_tool', { input: 'wool' })])
    const slow: Ports['flow'] = async () => {
      abort.abort()
      return { id: 'slow', name: 'slow', flowData: mirror() }
    }
    const told = { ports: { ...ports(), flow: slow }, signal: abort.signal }
    expect((await failureOf(run(chatflow({}), told))).code).toBe('CONFLICT')
  })

  test('callers cannot choose another flow', async () => {
    const asked = script(provider, [call('chatflow_tool', { input: 'wool' }), 'done'])
    const nodes = { Helper: [{ name: 'selectedChatflow', enabled: true }] }
    await run(chatflow({}), {
      ports: ports(),
      apiConfig: { overrideConfig: { status: true, nodes } },
      input: { overrideConfig: { selectedChatflow: 'gone' } },
    })
    expect(linesOf(asked[1]).at(-1)).toBe('tool: <wool> in chat-1')
  })
})

describe('a flow as a tool of an agentflow', () => {
  const agentflow = (config: Record<string, unknown>) =>
    draw(
      [
        start(),
        {
          id: 'a',
          name: 'agentAgentflow',
          label: 'a',
          inputs: {
            agentModel: 'chatOpenAI',
            agentModelConfig: { basepath: provider.baseUrl },
            agentTools: [
              { agentSelectedTool: 'agentAsTool', agentSelectedToolConfig: { ...config } },
            ],
          },
        },
      ],
      [['start', 'a']],
    )

  test('answers the model', async () => {
    const asked = script(provider, [call('knit', { input: 'wool' }), 'done'])
    const overrideConfig = '{"sessionId":"of {{ question }}"}'
    const config = { name: 'knit', selectedAgentflow: 'mirror', overrideConfig }
    const input = { question: 'a "quoted" sock' }
    const result = await run(agentflow(config), { ports: ports(), input })
    expect(linesOf(asked[1]).at(-1)).toBe('tool: <wool> in of a "quoted" sock')
    expect(outputOf(result, 'a')['usedTools']).toMatchObject([{ tool: 'knit' }])
  })

  test('what the question holds is not resolved again', async () => {
    const asked = script(provider, [call('agentflow_tool', { input: 'wool' }), 'done'])
    const overrideConfig = { sessionId: '{{ question }}', note: '{{ $vars.key }}' }
    const variables = async () => ({ key: 'secret' })
    await run(agentflow({ selectedAgentflow: 'mirror', overrideConfig }), {
      ports: { ...ports(), variables },
      input: { question: '{{ $vars.key }}' },
    })
    expect(linesOf(asked[1]).at(-1)).toBe('tool: <wool> in {{ $vars.key }}')
  })
})

describe('a flow as a member of a team', () => {
  const member = async (inputs: Record<string, unknown>) => {
    script(provider, ['from a'])
    const drawn = draw(
      [
        team.model(provider),
        team.start(),
        team.llm('a'),
        team.node('flow', 'seqExecuteFlow', { selectedFlow: 'mirror', ...inputs }),
      ],
      [
        ['start', 'a'],
        ['a', 'flow'],
      ],
    )
    const { text } = await run(drawn, { ports: ports(), input: { sessionId: 's-1' } })
    return text
  }

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['the question', { seqExecuteFlowInput: 'userQuestion' }, /^<socks> in s-1$/],
    ['what a member said', { seqExecuteFlowInput: '{{ $a }}' }, /^<from a> in s-1$/],
    ['a session of its own', { startNewSession: true }, /^<socks> in [0-9a-f-]{36}$/],
  ])('is given %s', async (_what, inputs, text) => {
    expect(await member(inputs)).toMatch(text)
  })
})
