import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'
import { failureOf, noRealFlows, realFlow, run, startProvider, type Told } from './harness.ts'
import { library } from './library.ts'
import { call, keeper, linesOf, rows, script, type Reply } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
const sandbox = createSandbox({ fetch: async () => new Response() })

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => {
  await provider.stop()
  await sandbox.close()
})

const address = () => provider.mock.url
const key = 'sk-live-0123456789abcdefghijKLMN'
const keys = [
  'openAIApiKey',
  'googleCustomSearchApiKey',
  'googleCustomSearchApiId',
  'anthropicApiKey',
  'googleGenerativeAPIKey',
  'mistralAIAPIKey',
  'groqApiKey',
]

/** Every model of a flow, nested or not, at the fake provider with a key. */
function toFake(name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const isModel = /^(chat|groqChat)|Embeddings$/.test(name)
  const own = isModel ? { basePath: address(), baseUrl: address() } : {}
  return { ...inputs, ...(nested(inputs) as Record<string, unknown>), ...own }
}

function nested(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nested)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) =>
      name.endsWith('ModelConfig')
        ? [name, { ...item, basePath: address(), baseUrl: address(), FLOWISE_CREDENTIAL_ID: 'c' }]
        : [name, nested(item)],
    ),
  )
}

const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: {
    fetch: provider.fetch,
    credential: async () => Object.fromEntries(keys.map((name) => [name, key])),
    runCode: (job) => sandbox.run(job),
    ...changes.ports,
  },
})
interface Drawn {
  readonly nodes: { data: { credential?: string; category: string; inputs?: unknown } }[]
}
/** Nodes of old flows have no credential of their own; they get one. */
const flowOf = (file: string) => {
  const drawn = JSON.parse(realFlow(file, toFake)) as Drawn
  const isModel = ({ category }: { category: string }) =>
    /^(Chat Models|Embeddings)$/.test(category)
  for (const { data } of drawn.nodes) if (isModel(data)) data.credential = 'c'
  return JSON.stringify(drawn)
}

describe.skipIf(noRealFlows !== undefined)(
  `real agentflows${noRealFlows === undefined ? '' : ` (${noRealFlows})`}`,
  () => {
    test.each<[string, Reply[], string, string]>([
      ['Translator', ['靴下'], '靴下', 'start llm'],
      [
        'Structured Output',
        ['{"output":[{"answer":"a","reason":"r"}]}'],
        '"answer": "a"',
        'start llm',
      ],
      [
        'Agents Handoff',
        ['{"output":"User is asking for refund"}', 'You get it'],
        'You get it',
        'start conditionAgent agent',
      ],
      [
        'Agents Handoff',
        ['{"output":"User is looking for item"}', 'Here it is'],
        'Here it is',
        'start conditionAgent agent',
      ],
      ['Agents Handoff', ['{"output":"casually"}', 'Hello'], 'Hello', 'start conditionAgent agent'],
      [
        'Iterations',
        ['abc', 'abc', 'def', 'def', 'All done'],
        'All done',
        'start llm llm llm llm iteration agent',
      ],
    ])('agentflowsv2/%s answers: %j', async (...[file, replies, text, kinds]) => {
      const asked = script(provider, replies)
      const result = await run(flowOf(`agentflowsv2/${file}.json`), told())
      expect(result.text).toContain(text)
      expect(asked).toHaveLength(replies.length)
      expect(
        rows(result)
          .map((id) => id.replace(/Agentflow_\d+$/, ''))
          .join(' '),
      ).toBe(kinds)
    })

    test.each<[string, RegExp]>([
      ['agentflowsv2/Simple RAG', /\(agentAgentflow_0\).*document/i],
      ['agentflowsv2/SQL Agent', /\(customFunctionAgentflow_0\).*typeorm/],
    ])('%s is refused, with node and reason', async (file, message) => {
      script(provider, [])
      const failure = await failureOf(run(flowOf(`${file}.json`), told()))
      expect(failure.code).toBe('UNPROCESSABLE')
      expect(failure.message).toMatch(message)
    })

    test('Human In The Loop: a refusal begins anew, an agreement needs a tool that is not here', async () => {
      const flow = flowOf('agentflowsv2/Human In The Loop.json')
      const form = { subject: 'Socks', body: 'Where are they?', from: 'a@b.c' }
      const { keep, savedRun } = keeper()
      const history = async () => [
        { role: 'userMessage' as const, content: JSON.stringify(form) },
        { role: 'apiMessage' as const, content: 'Dear a' },
      ]
      const asked = script(provider, ['Dear a', 'Dear b', '{"subject":"S","body":"B"}'])
      const first = await run(flow, told({ input: { question: '', form } }))
      keep(first)
      expect(linesOf(asked[0])[1]).toContain('Where are they?')
      expect(first).toMatchObject({
        status: 'STOPPED',
        text: expect.stringMatching(/Dear a.*Are you sure you want to proceed\?/s),
        action: { mapping: { approve: 'Proceed', reject: 'Reject' } },
      })
      const decide = (type: 'proceed' | 'reject', feedback: string) =>
        run(
          flow,
          told({
            input: { question: '', humanInput: { type, feedback } },
            ports: { savedRun, history },
          }),
        )
      const second = await decide('reject', 'friendlier')
      keep(second)
      expect(second.status).toBe('STOPPED')
      expect(linesOf(asked[1]).slice(-2)).toEqual(['assistant: Dear a', 'user: friendlier'])
      const failure = await failureOf(decide('proceed', ''))
      expect(failure.code).toBe('UNPROCESSABLE')
      expect(failure.message).toMatch(/\(toolAgentflow_0\).*gmail/)
    })
  },
)

describe.skipIf(noRealFlows !== undefined)(
  `real teams${noRealFlows === undefined ? '' : ` (${noRealFlows})`}`,
  () => {
    test('Branch Out Merge In', async () => {
      const asked = script(provider, ['I am A', 'I am B', 'I am C', 'I am D'])
      const result = await run(flowOf('agentflows/Branch Out Merge In.json'), told())
      expect(result.text).toBe('I am D')
      // One message: this provider takes no two of the same side in a row.
      for (const name of ['A', 'B', 'C']) {
        expect(linesOf(asked[3])[1]).toContain(`Agent${name}: I am ${name}`)
      }
    })

    test('Essay Writing & Grading goes round until there are enough messages', async () => {
      const asked = script(provider, ['w1', 't1', 'w2', 't2', 'w3', 't3', 'w4'])
      const result = await run(flowOf('agentflows/Essay Writing & Grading.json'), told())
      expect(result.text).toBe('w4')
      expect(asked).toHaveLength(7)
    })

    test('Multi Agents: the supervisor decides by state', async () => {
      const next = (name: string) =>
        JSON.stringify({ next: name, instructions: 'x', reasoning: 'y' })
      const replies = [
        next('software_engineer'),
        'code',
        next('code_reviewer'),
        'fine',
        next('FINISH'),
        'sum',
      ]
      const asked = script(provider, replies)
      const result = await run(flowOf('agentflows/Multi Agents.json'), told())
      expect(result.text).toBe('sum')
      expect(linesOf(asked[1])[0]).toMatch(/at FlowiseAI Inc.*React, Node/s)
      const members = result.agentReasoning?.filter(({ nodeName }) => nodeName !== 'seqCondition')
      expect(members?.map(({ agentName }) => agentName)).toEqual([
        'Supervisor',
        'Software Engineer',
        'Supervisor',
        'Code Reviewer',
        'Supervisor',
        'summarize',
      ])
    })

    test('Text to SQL with its tool in the workspace', async () => {
      const route = (next: string) => call('route', { next, instructions: 'go', reasoning: 'r' })
      const replies = [
        route('sql_expert'),
        'SELECT 1',
        route('sql_executor'),
        call('execute_sql', { query: 'SELECT 1' }),
        'The result is 1',
        route('FINISH'),
      ]
      const asked = script(provider, replies)
      const tool = async (id: string) => ({
        id,
        name: 'execute_sql',
        description: 'Runs SQL',
        schema: '[{"property":"query","type":"string","description":"","required":true}]',
        func: 'return "rows of " + $query',
      })
      const result = await run(flowOf('agentflows/Text to SQL.json'), told({ ports: { tool } }))
      expect(result.text).toBe('The result is 1')
      expect(linesOf(asked[1])[0]).toContain('CREATE TABLE customers')
      expect(linesOf(asked[4]).at(-1)).toBe('tool: rows of SELECT 1')
    })

    test.each<[string, RegExp]>([
      ['Text to SQL', /\(customTool_0\).*no tool 4d723d69/],
      ['Agentic RAG', /"OpenAI Embeddings" .* needs a credential/],
      ['Human In Loop RAG', /"OpenAI Embeddings" .* needs a credential/],
    ])('%s is refused, with node and reason', async (file, message) => {
      const route = call('route', { next: 'sql_executor', instructions: 'go', reasoning: 'r' })
      script(provider, [route])
      const drawn = JSON.parse(flowOf(`agentflows/${file}.json`)) as Drawn
      for (const { data } of drawn.nodes) {
        if (data.category !== 'Embeddings') continue
        delete data.credential
        data.inputs = {}
      }
      const failure = await failureOf(run(JSON.stringify(drawn), told()))
      expect(failure.code).toBe('UNPROCESSABLE')
      expect(failure.message).toMatch(message)
    })

    const books = () => told({ ports: { vectors: library(['Apple earned 3.'], []).ports.vectors } })

    test('Agentic RAG: what was found is judged, kept and answered from', async () => {
      const replies = [
        call('search_apple', { input: 'profit' }),
        'Found.',
        '{"score":"yes"}',
        'So: 3',
      ]
      const asked = script(provider, replies)
      const result = await run(flowOf('agentflows/Agentic RAG.json'), books())
      expect(result).toMatchObject({
        text: 'So: 3',
        memoryType: 'Agent Memory',
        usedTools: expect.arrayContaining([
          { tool: 'search_apple', toolInput: { input: 'profit' }, toolOutput: 'Apple earned 3.' },
        ]),
        sourceDocuments: [{ pageContent: 'Apple earned 3.', metadata: { at: 0 } }],
      })
      expect(linesOf(asked[1]).at(-1)).toBe('tool: Apple earned 3.')
      expect(linesOf(asked[2])[0]).toMatch(
        /retrieved document:\s+Apple earned 3\.\s.*question: socks/s,
      )
      expect(result.state?.['values']).toEqual({
        sources: expect.stringContaining('Apple earned 3.'),
      })
      expect(linesOf(asked[3])[0]).toContain('Apple earned 3.')
    })

    test('Agentic RAG: what does not fit is asked for anew in other words', async () => {
      const search = call('search_apple', { input: 'profit' })
      const replies = [
        search,
        'Found.',
        '{"score":"no"}',
        'Which profit?',
        'No need to search',
        'End',
      ]
      const asked = script(provider, [...replies, '{"score":"yes"}', 'So: 3'])
      const result = await run(flowOf('agentflows/Agentic RAG.json'), books())
      expect(linesOf(asked[4]).at(-2)).toBe('user: Rewrite: Which profit?')
      expect(result.text).toBe('No need to search')
      expect(asked).toHaveLength(5)
    })

    test('Human In Loop RAG: the search waits for a person', async () => {
      const flow = flowOf('agentflows/Human In Loop RAG.json')
      const { keep, savedRun } = keeper()
      const search = call('search_apple', { input: 'profit' })
      const first = script(provider, [search, 'Shall I search for profit?'])
      const stopped = await run(flow, books())
      keep(stopped)
      expect(linesOf(first[1]).at(-1)).toMatch(
        /^user: You are about to execute tool: .*search_apple/,
      )
      expect(stopped).toMatchObject({
        status: 'STOPPED',
        text: 'Shall I search for profit?',
        action: { mapping: { approve: 'Yes', reject: 'No' } },
      })
      const asked = script(provider, ['It earned 3', 'In short: 3'])
      const { ports } = books()
      const input = { question: 'Yes' }
      const result = await run(flow, { input, ports: { ...ports, savedRun } })
      expect(result).toMatchObject({ status: 'FINISHED', text: 'In short: 3' })
      expect(linesOf(asked[0]).at(-1)).toBe('tool: Apple earned 3.')
    })
  },
)
