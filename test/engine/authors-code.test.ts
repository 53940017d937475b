import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'
import { draw, run, startProvider, type Told } from './harness.ts'
import { call, linesOf, reply, script, start } from './script.ts'
import * as team from './team-parts.ts'

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

describe('a custom tool reads the state of its flow', () => {
  const teller = async (id: string) => ({
    id,
    name: 'tell_state',
    description: 'Tells the state',
    schema: '[]',
    func: 'return $flow.state.word + " " + ($flow.state.messages?.length ?? "")',
  })

  test('in a tool node of an agentflow, as it is by then', async () => {
    const flow = draw(
      [
        start({ startState: [{ key: 'word', value: 'first' }] }),
        {
          ...reply('say', 'hello'),
          name: 'customFunctionAgentflow',
          inputs: {
            customFunctionJavascriptFunction: 'return $flow.state.word',
            customFunctionUpdateState: [{ key: 'word', value: 'second' }],
          },
        },
        {
          id: 'tool',
          name: 'toolAgentflow',
          inputs: {
            toolAgentflowSelectedTool: 'customTool',
            toolAgentflowSelectedToolConfig: { selectedTool: 't' },
          },
        },
        reply('end', '{{ say }} {{ tool }}'),
      ],
      [
        ['start', 'say'],
        ['say', 'tool'],
        ['tool', 'end'],
      ],
    )
    const { text } = await run(flow, told({ ports: { tool: teller } }))
    expect(text).toBe('first second ')
  })

  test('in a member of a team, as it is by then', async () => {
    const asked = script(provider, ['one', call('tell_state'), 'done'])
    const flow = draw(
      [
        team.model(provider),
        team.state([{ key: 'word', operation: 'Replace', defaultValue: 'first' }]),
        { id: 'tool', name: 'customTool', inputs: { selectedTool: 't' } },
        team.start({ state: '{{state.data.instance}}' }),
        team.llm('a', { updateStateMemoryUI: '[{"key":"word","value":"second"}]' }),
        team.agent('b', { tools: ['{{tool.data.instance}}'] }),
      ],
      [
        ['start', 'a'],
        ['a', 'b'],
      ],
    )
    await run(flow, told({ ports: { tool: teller } }))
    expect(linesOf(asked[2]).at(-1)).toBe('tool: second 2')
  })
})
