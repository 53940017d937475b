import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { calculate } from '../../src/engine/text/arithmetic.ts'
import { createSandbox, type Sandbox } from '../../src/platform/workers/sandbox.ts'
import { draw, failureOf, run, saidOf, startProvider, toolOf } from './harness.ts'
import { call, linesOf, script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let sandbox: Sandbox

beforeAll(async () => {
  provider = await startProvider()
  sandbox = createSandbox({ fetch: provider.fetch })
})
afterAll(async () => {
  await sandbox.close()
  await provider.stop()
})

const signal = new AbortController().signal

/** An agent with the given tools, each a node. */
const agent = (
  tools: readonly { name: string; inputs?: Record<string, unknown> }[],
  inputs: Record<string, unknown> = {},
) =>
  draw([
    { id: 'chatOpenAI_0', name: 'chatOpenAI', inputs: { basepath: provider.baseUrl } },
    ...tools.map((tool, at) => ({ ...tool, id: `tool_${at}`, credential: 'cred-1' })),
    {
      id: 'toolAgent_0',
      name: 'toolAgent',
      category: 'Agents',
      inputs: {
        model: '{{chatOpenAI_0.data.instance}}',
        tools: tools.map((_tool, at) => `{{tool_${at}.data.instance}}`),
        ...inputs,
      },
    },
  ])

const noTool = async () => {
  throw new Failure('UNPROCESSABLE', 'There is no tool t1 in this workspace.')
}

const serperCredential = async () => ({ serperApiKey: 'k' })
const addTool = async () => ({ id: 't', name: 'add', description: '', schema: null, func: '1' })

describe('calculator', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ^ 3 ^ 2', 512],
    ['2 ** 10', 1024],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['10 % 4', 2],
    ['50% + 1', 1.5],
    ['200 * 10%', 20],
    ['5!', 120],
    ['sqrt(16) + max(1, 2, 3)', 7],
    ['round(pi, 2)', 3.14],
    ['1e3 × 2 ÷ 4', 500],
    ['.5 + 1.', 1.5],
    ['1 / 0', Number.POSITIVE_INFINITY],
  ])('%s', (expression, value) => {
    expect(calculate(expression)).toBe(value)
  })

  test.each([
    ['', /ends too early/],
    ['1 +', /ends too early/],
    ['(1', /lacks a "\)"/],
    ['1 2', /"2" where nothing may stand/],
    ['process.exit()', /"process"|character/],
    ['constructor(1)', /"constructor", which is not known/],
    ['1; 2', /character that is not known: ;/],
    ['('.repeat(5000), /too many brackets/],
    ['-'.repeat(5000), /too many brackets/],
    ['1'.repeat(20_000), /too long/],
    ['171!', /factorial/],
  ])('refuses %s', async (input, message) => {
    const tool = await toolOf('calculator')
    const failure = await failureOf(tool.run({ input }, { signal }))
    expect(failure.message).toMatch(message)
  })
})

test('the current date', async () => {
  const tool = await toolOf('currentDateTime')
  const answer = await saidOf(tool.run({}, { signal }))
  expect(answer).toEqual({ date: '2026-01-02T03:04:05.678Z', day: 'Friday', timezone: 'UTC' })
})

describe('custom tool', () => {
  const stored = {
    id: 't1',
    name: 'add two',
    description: 'Adds',
    schema:
      '[{"property":"a","type":"number","description":"first","required":true},{"property":"b","type":"number"}]',
    func: 'return $a + ($b ?? 0) + Number($vars.base) + $flow.chatId',
  }
  const ports = () => ({
    tool: async () => stored,
    variables: async () => ({ base: '10' }),
    runCode: sandbox.run,
    fetch: provider.fetch,
  })

  test('runs in the sandbox with its arguments, $vars and $flow', async () => {
    const tool = await toolOf('customTool', { selectedTool: 't1' }, { ports: ports() })
    expect(tool.name).toBe('add_two')
    expect(tool.schema).toMatchObject({
      properties: { a: { type: 'number', description: 'first' }, b: { type: 'number' } },
      required: ['a'],
    })
    expect(await tool.run({ a: 1, b: 2 }, { signal })).toBe('13chat-1')
  })

  test('a zod expression in the node stands over the schema of the tool', async () => {
    const schemaOf = async (customToolSchema: string) => {
      const inputs = { selectedTool: 't1', customToolSchema }
      return (await toolOf('customTool', inputs, { ports: ports() })).schema
    }
    expect(
      await schemaOf('z.object({ c: z.string().describe("third"), d: z.number().optional() })'),
    ).toEqual({
      type: 'object',
      properties: { c: { type: 'string', description: 'third' }, d: { type: 'number' } },
      required: ['c'],
    })
    expect(await schemaOf('[{"property":"e","type":"string","required":true}]')).toMatchObject({
      required: ['e'],
    })
    const failure = await failureOf(schemaOf('z.object({ c: z.strange() })'))
    expect(failure.message).toMatch(/"x" \(x_0\).*schema cannot be read: z\.strange is not known/)
  })

  test('an agent hears what its code throws, by the name of the node', async () => {
    const asked = script(provider, [call('add_two', { a: 1 }), 'done'])
    const broken = { ...stored, func: 'throw new Error("no luck")' }
    const flow = agent([{ name: 'customTool', inputs: { selectedTool: 't1' } }])
    const result = await run(flow, { ports: { ...ports(), tool: async () => broken } })
    expect(linesOf(asked[1]).at(-1)).toMatch(/^tool: Error: .*\(tool_0\) failed:.*no luck/)
    expect(result.usedTools?.[0]?.error).toMatch(/no luck/)
  })

  test('returnDirect is the answer; the model is not asked again', async () => {
    const asked = script(provider, [call('add_two', { a: 1, b: 1 })])
    const inputs = { selectedTool: 't1', returnDirect: true }
    const result = await run(agent([{ name: 'customTool', inputs }]), { ports: ports() })
    expect(result.text).toBe('12chat-1')
    expect(asked).toHaveLength(1)
  })

  test('one that is gone is refused with the node', async () => {
    const failure = await failureOf(
      toolOf('customTool', { selectedTool: 't1' }, { ports: { tool: noTool } }),
    )
    expect(failure.message).toMatch(/no tool t1/)
    expect((await failureOf(toolOf('customTool'))).message).toMatch(
      /"x" \(x_0\).*needs a tool chosen/,
    )
  })
})

describe('web search', () => {
  const found = { title: 'T', link: 'https://l.example', snippet: 'S' }
  const services: [string, Record<string, string>, unknown, RegExp][] = [
    ['serpAPI', { serpApiKey: 'k1' }, { organic_results: [found] }, /serpapi\.com.*api_key=k1/],
    ['serper', { serperApiKey: 'k2' }, { organic: [found] }, /google\.serper\.dev\/search.*k2/],
    [
      'searchAPI',
      { searchApiKey: 'k3' },
      { organic_results: [found] },
      /searchapi\.io.*api_key=k3/,
    ],
    [
      'googleCustomSearch',
      { googleCustomSearchApiKey: 'k4', googleCustomSearchApiId: 'cx4' },
      { items: [found] },
      /googleapis\.com\/customsearch\/v1\?q=news&key=k4&cx=cx4/,
    ],
    ['braveSearchAPI', { braveApiKey: 'k5' }, { web: { results: [found] } }, /search\.brave.*k5/],
    ['tavilyAPI', { tavilyApiKey: 'k6' }, { results: [found] }, /api\.tavily\.com.*Bearer k6/],
    ['exaSearch', { exaSearchApiKey: 'k7' }, { results: [found] }, /api\.exa\.ai.*k7/],
    [
      'searXNG',
      { apiBase: 'https://s.example/' },
      { results: [found] },
      /s\.example\/search\?q=news/,
    ],
  ]

  test.each(services)('%s', async (...[name, fields, answer, sent]) => {
    const calls: string[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = input instanceof Request ? input.url : input.toString()
      calls.push(`${url} ${JSON.stringify(init?.headers)} ${JSON.stringify(init?.body)}`)
      return Response.json(answer)
    }
    const tool = await toolOf(name, {}, { ports: { fetch, credential: async () => fields } })
    expect(await tool.run({ input: 'news' }, { signal })).toBe('T – https://l.example – S')
    expect(calls[0]).toMatch(sent)
    expect(calls[0]).toContain('news')
  })

  test.each(services)('%s without a credential says so', async (name) => {
    const tool = await toolOf(name, {}, { ports: { credential: async () => ({}) } })
    const failure = await failureOf(tool.run({ input: 'news' }, { signal }))
    expect(failure.message).toMatch(
      /"x" \(x_0\) cannot search: it needs (?:a credential|an address)/,
    )
  })

  test.each<[string, Record<string, unknown>, Record<string, string>, RegExp]>([
    [
      'tavilyAPI',
      { topic: 'news', maxResults: '9', includeAnswer: true, includeDomains: 'a.b, c.d', days: '' },
      { tavilyApiKey: 'k' },
      /\{"query":"x","topic":"news","max_results":9,"include_answer":true,"include_domains":\["a.b","c.d"\]\}/,
    ],
    [
      'exaSearch',
      { numResults: 9, type: 'neural' },
      { exaSearchApiKey: 'k' },
      /"numResults":9,"type":"neural"\}/,
    ],
    ['searXNG', { engines: 'bing', apiBase: 'https://s.example' }, {}, /format=json&engines=bing$/],
  ])('%s with the options drawn', async (...[name, inputs, fields, sent]) => {
    let body = ''
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = input instanceof Request ? input.url : input.toString()
      body = typeof init?.body === 'string' ? init.body : url
      return Response.json({ results: Array.from({ length: 12 }, () => found) })
    }
    const tool = await toolOf(name, inputs, { ports: { fetch, credential: async () => fields } })
    const answer = await tool.run({ input: 'x' }, { signal })
    expect(body).toMatch(sent)
    const lines = name === 'searXNG' ? 8 : 9
    expect(answer).toBe(Array(lines).fill('T – https://l.example – S').join('\n'))
  })

  test('nothing found, and a direct answer', async () => {
    const answers = [{}, { answerBox: { answer: '42' }, organic: [found] }]
    const fetch: typeof globalThis.fetch = async () => Response.json(answers.shift())
    const tool = await toolOf('serper', {}, { ports: { fetch, credential: serperCredential } })
    expect(await tool.run({ input: 'a' }, { signal })).toBe('No good search result found.')
    expect(await tool.run({ input: 'a' }, { signal })).toMatch(/^42\nT – /)
  })
})

describe('the loop', () => {
  test('a tool that is not there, arguments that are no JSON, and a limit of rounds', async () => {
    const asked = script(provider, [
      call('nobody'),
      { toolCalls: [{ name: 'calculator', arguments: '{broken', id: 'c2' }] },
      call('calculator', { input: '1' }),
      'enough',
    ])
    const result = await run(agent([{ name: 'calculator' }], { maxIterations: '3' }), {
      ports: { fetch: provider.fetch },
    })
    expect(result.text).toBe('enough')
    expect(linesOf(asked[1]).at(-1)).toBe('tool: Error: There is no tool with the name nobody.')
    expect(asked).toHaveLength(4)
    expect((asked[3] as unknown as { tool_choice: string }).tool_choice).toBe('none')
  })

  test('a chain is a tool for an agent', async () => {
    const flow = JSON.parse(
      agent([
        {
          name: 'chainTool',
          inputs: { name: 'ask it', description: 'd', baseChain: '{{inner.data.instance}}' },
        },
      ]),
    ) as { nodes: unknown[]; edges: unknown[] }
    const inner = JSON.parse(
      draw([
        { id: 'p', name: 'promptTemplate', inputs: { template: 'Explain {what}' } },
        {
          id: 'inner',
          name: 'llmChain',
          category: 'Chains',
          output: 'llmChain',
          inputs: { model: '{{chatOpenAI_0.data.instance}}', prompt: '{{p.data.instance}}' },
        },
      ]),
    ) as { nodes: unknown[] }
    const asked = script(provider, [
      call('ask_it', { input: 'rain' }),
      'water falls',
      'Water falls.',
    ])
    const nodes = [...inner.nodes, ...flow.nodes]
    const edges = [{ source: 'inner', target: 'tool_0' }]
    const result = await run(JSON.stringify({ nodes, edges }), { ports: { fetch: provider.fetch } })
    expect(linesOf(asked[1])).toEqual(['user: Explain rain'])
    expect(linesOf(asked[2]).at(-1)).toBe('tool: water falls')
    expect(result.text).toBe('Water falls.')
  })

  test('what a model thinks aloud is not the answer', async () => {
    script(provider, ['<thinking>hm\nhm</thinking>\nYes.'])
    const result = await run(agent([]), { ports: { fetch: provider.fetch } })
    expect(result.text).toBe('Yes.')
  })

  test('an abort ends a tool that does not listen', async () => {
    script(provider, [call('add', {})])
    const abort = new AbortController()
    const runCode = async (): Promise<never> => {
      abort.abort()
      return new Promise(() => undefined)
    }
    const flow = agent([{ name: 'customTool', inputs: { selectedTool: 't' } }])
    const failure = await failureOf(
      run(flow, { ports: { fetch: provider.fetch, tool: addTool, runCode }, signal: abort.signal }),
    )
    expect(failure.code).toBe('CONFLICT')
  })
})
