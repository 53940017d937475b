import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lackOf } from '../../src/engine/text/modules.ts'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'
import { draw, failureOf, run, startProvider, wire, type Told } from './harness.ts'
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

describe('messages that an author gives as code', () => {
  const code = `const { AIMessage, HumanMessage, ToolMessage } = require('@langchain/core/messages')
    return [
      new HumanMessage('What is {2} + 2?'),
      new AIMessage({ content: '', tool_calls: [{ id: 'c', name: 'add', args: { a: 2 } }] }),
      new ToolMessage({ tool_call_id: 'c', content: '4' }),
      new AIMessage('Four.'),
    ]`

  test('stand after the system text of a member of a team', async () => {
    const asked = script(provider, ['one', 'two'])
    const flow = draw(
      [
        team.model(provider),
        team.start(),
        team.agent('a', { messageHistory: code }),
        team.llm('b', { messageHistory: 'return ["Hello", ["ai", "Hi"]]' }),
      ],
      [
        ['start', 'a'],
        ['a', 'b'],
      ],
    )
    await run(flow, told())
    expect(linesOf(asked[0])).toEqual([
      'system: You are a',
      'user: What is {2} + 2?',
      'assistant: null',
      'tool: 4',
      'assistant: Four.',
      'user: socks',
    ])
    expect(asked[0]?.messages[2]?.tool_calls).toMatchObject([
      { id: 'c', function: { name: 'add', arguments: '{"a":2}' } },
    ])
    expect(linesOf(asked[1]).slice(0, 3)).toEqual([
      'system: You are b',
      'user: Hello',
      'assistant: Hi',
    ])
  })

  const chainOn = (messageHistoryCode: string) =>
    wire([
      team.model(provider),
      {
        id: 'prompt',
        name: 'chatPromptTemplate',
        inputs: {
          systemMessagePrompt: 'Be {how}.',
          humanMessagePrompt: 'Q: {input}',
          promptValues: '{"how":"brief"}',
          // The tab that is chosen, not a switch.
          messageHistory: 'messageHistoryCode',
          messageHistoryCode,
        },
      },
      {
        id: 'end',
        name: 'conversationChain',
        category: 'Chains',
        inputs: {
          model: '{{chatOpenAI_0.data.instance}}',
          memory: '{{memory.data.instance}}',
          chatPromptTemplate: '{{prompt.data.instance}}',
        },
      },
      { id: 'memory', name: 'bufferMemory', category: 'Memory' },
    ])

  test('stand between system text and conversation of a chain, without variables', async () => {
    const asked = script(provider, ['one'])
    const flow = chainOn('return [{ role: "user", content: "Is {this} one?" }, ["ai", "No."]]')
    const history = async () => [{ role: 'userMessage' as const, content: 'before' }]
    await run(flow, told({ ports: { history } }))
    expect(linesOf(asked[0])).toEqual([
      'system: Be brief.',
      'user: Is {this} one?',
      'assistant: No.',
      'user: before',
      'user: Q: socks',
    ])
  })

  test.each([
    ['a text', 'return "Hello"', /history of .*\(prompt\) is no list of messages/],
    [
      'a stranger',
      'return [{ role: "stranger" }]',
      /history of .*\(prompt\) is no list of messages/,
    ],
    ['a call', code, /history of .*\(prompt\) holds calls of tools/],
    ['a module', 'return require("langchain")', /\(prompt\).*"messageHistoryCode" needs langchain/],
  ])('%s is refused with the node', async (...[, written, message]) => {
    const failure = await failureOf(run(chainOn(written), told()))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })
})

test.each<[string, string]>([
  ['return require("axios")', 'nothing'],
  ['const pg = require( `pg` )', 'needs pg,'],
  ["require('fs'); require('fs'); require('net')", 'needs fs, net,'],
  ["require('node:crypto'); require('node:fs')", 'needs fs,'],
  ["// require('fs')\n/* require('net') */ return 'http://x' // require('os')", 'nothing'],
  ["return 'a // b' + require('fs')", 'needs fs,'],
  ['return "it\'s"; require("fs")', 'needs fs,'],
  ['requires("fs")', 'nothing'],
  [`${"'".repeat(99_999)} require("fs")`, 'needs fs,'],
])('%.40j %s', (code, lack) => {
  const began = performance.now()
  const found = lackOf(code)
  expect(performance.now() - began).toBeLessThan(500)
  expect((found ?? 'nothing').slice(0, lack.length)).toBe(lack)
})
