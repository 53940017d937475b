import { expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import { foresee } from '../../src/engine/foresee.ts'
import { draw, failureOf, llmChainFlow, run, wire, type Drawn } from './harness.ts'
import { reply, start } from './script.ts'
import * as team from './team-parts.ts'

/** Nobody is called there. */
const provider = { baseUrl: 'http://127.0.0.1:9/v1' }

const gone = async (id: string): Promise<never> => {
  throw new Failure('UNPROCESSABLE', `There is no ${id} in this workspace.`)
}

async function foreseen(flowData: string): Promise<readonly string[]> {
  const flow = parseFlow({ id: 'f', flowData, apiConfig: null })
  const estate = {
    credential: async (id: string) => (id === 'cred-1' ? { openAIApiKey: 'sk-1' } : gone(id)),
    tool: gone,
    flow: gone,
    documentStore: (id: string) => gone(id || 'store'),
    variables: async () => ({ address: 'https://mcp.example/' }),
    clock: { now: () => new Date() },
  }
  const problems = await foresee(flow, estate, new AbortController().signal)
  return problems.map(({ nodeId, message }) => `${nodeId} ${message}`)
}

const chat = (id: string, changes: Partial<Drawn> = {}): Drawn => ({
  id,
  name: 'chatOpenAI',
  category: 'Chat Models',
  credential: 'cred-1',
  ...changes,
})
const chain = (inputs: Record<string, unknown>): Drawn => ({
  id: 'end',
  name: 'llmChain',
  category: 'Chains',
  inputs,
})
const step = (id: string, name: string, inputs: Record<string, unknown>): Drawn => ({
  id,
  name,
  inputs,
})
/** An agentflow of one node that works. */
const single = (node: Drawn) => draw([start(), node], [['start', node.id]])

test('nothing is foreseen of a flow that runs', async () => {
  expect(await foreseen(llmChainFlow(provider.baseUrl))).toEqual([])
  expect(await foreseen(single(reply('r', 'Hello')))).toEqual([])
})

test.each<[string, string, readonly RegExp[]]>([
  [
    'a schema that nests without end',
    wire([
      chat('m'),
      {
        id: 'p',
        name: 'advancedStructuredOutputParser',
        inputs: { exampleJson: '['.repeat(50_000) },
      },
      chain({ model: '{{m.data.instance}}', outputParser: '{{p.data.instance}}' }),
    ]),
    [/^p The node .* \(p\) cannot run: its schema cannot be read: it has too many brackets within/],
  ],
  [
    'a model without a credential, once for all that need it',
    wire([
      chat('m', { credential: '' }),
      { id: 'p', name: 'promptTemplate', inputs: { template: '{x}' } },
      chain({ model: '{{m.data.instance}}', prompt: '{{p.data.instance}}' }),
    ]),
    [/^m .*\(m\) cannot run: it needs a credential\.$/],
  ],
  [
    'a credential of another workspace',
    wire([chat('m', { credential: 'other' }), chain({ model: '{{m.data.instance}}' })]),
    [/^m .*\(m\).*no other in this workspace/],
  ],
  [
    'a connection that is missing',
    wire([chat('m'), chain({ model: '{{m.data.instance}}' })]),
    [/^end .*\(end\) cannot run: its input "prompt" needs a prompt connected to it\.$/],
  ],
  [
    'code that asks for a module, a comment aside',
    wire([
      chat('m'),
      {
        id: 'f',
        name: 'customFunction',
        category: 'Utilities',
        output: 'EndingNode',
        inputs: {
          javascriptFunction:
            '// require("fs")\nconst pg = require("pg")\nreturn "{{m.data.instance}}"',
        },
      },
    ]),
    [/^f .*\(f\) cannot run: its input "javascriptFunction" needs pg, /],
  ],
  [
    'code that is to call tools',
    wire([
      { id: 'c', name: 'calculator' },
      {
        id: 'f',
        name: 'customFunction',
        category: 'Utilities',
        output: 'EndingNode',
        inputs: { javascriptFunction: 'return $tools', tools: ['{{c.data.instance}}'] },
      },
    ]),
    [/^f .*\(f\) cannot run: its code is to call tools/],
  ],
  [
    'a database that is not read here',
    wire([
      chat('m'),
      {
        id: 'end',
        name: 'sqlDatabaseChain',
        category: 'Chains',
        inputs: { model: '{{m.data.instance}}', database: 'sqlite', url: 'x.db' },
      },
    ]),
    [/^end .*no sqlite\.$/],
  ],
  [
    'parts of an agentflow, on whichever way they stand',
    draw(
      [
        start(),
        step('if', 'conditionAgentflow', { conditions: [] }),
        step('a', 'agentAgentflow', {
          agentModel: 'chatOpenAI',
          agentModelConfig: { FLOWISE_CREDENTIAL_ID: 'cred-1' },
          agentTools: [
            { agentSelectedTool: 'customTool', agentSelectedToolConfig: { selectedTool: 't-1' } },
          ],
        }),
        step('b', 'llmAgentflow', { llmModel: 'chatOpenAI', llmModelConfig: {} }),
        step('c', 'llmAgentflow', { llmModel: '' }),
        step('e', 'executeFlowAgentflow', { executeFlowSelectedFlow: 'f-1' }),
        step('g', 'executeFlowAgentflow', { executeFlowSelectedFlow: '' }),
        step('h', 'retrieverAgentflow', {
          retrieverKnowledgeDocumentStores: [
            { documentStore: 's-1:Papers' },
            { documentStore: '' },
          ],
        }),
        step('d', 'toolAgentflow', {
          toolAgentflowSelectedTool: 'gmail',
          toolAgentflowSelectedToolConfig: {},
        }),
      ],
      [
        ['start', 'if'],
        ['if', 'a', 'if-output-0'],
        ['if', 'b', 'if-output-1'],
        ['if', 'c', 'if-output-2'],
        ['if', 'd', 'if-output-3'],
        ['if', 'e', 'if-output-4'],
        ['if', 'g', 'if-output-5'],
        ['if', 'h', 'if-output-6'],
      ],
    ),
    [
      /^d .*gmail/,
      /^a .*\(a\).*no t-1 in this workspace/,
      /^b .*\(b\).*needs a credential/,
      /^c .*\(c\).*needs a chat model/,
      /^e .*\(e\).*no f-1 in this workspace/,
      /^g .*\(g\) cannot run: no flow is chosen\.$/,
      /^h .*\(h\).*no s-1 in this workspace/,
      /^h .*\(h\).*no store in this workspace/,
    ],
  ],
  [
    'parts of an agentflow of which no settings are there, and rows in which nothing is chosen',
    single(
      step('a', 'agentAgentflow', {
        agentModel: 'chatOpenAI',
        agentModelConfig: { agentModel: 'chatOpenAI', FLOWISE_CREDENTIAL_ID: 'cred-1' },
        agentTools: [{ agentSelectedTool: 'searxng-search' }, { agentSelectedTool: '' }],
        agentKnowledgeDocumentStores: [{ documentStore: '' }],
        agentKnowledgeVSEmbeddings: [
          { vectorStore: 'my_cloud', embeddingModel: 'text-embedding-3-small' },
        ],
      }),
    ),
    [
      /^a .*it uses searxng-search/,
      /^a .*my_cloud/,
      /^a .*text-embedding-3-small/,
      /^a .*no store in this workspace/,
    ],
  ],
  [
    'a model of an agentflow without any settings',
    single(step('a', 'llmAgentflow', { llmModel: 'chatOpenAI' })),
    [/^a .*needs a credential/],
  ],
  [
    'what a member of a team is made of, and nothing that stands beside it',
    draw(
      [
        team.model(provider),
        chat('unused', { credential: '' }),
        { id: 'tool', name: 'customTool', inputs: { selectedTool: 't-1' } },
        team.start(),
        team.agent('a', { tools: ['{{tool.data.instance}}'] }),
        team.agent('b'),
      ],
      [
        ['start', 'a'],
        ['a', 'b'],
      ],
    ),
    [/^tool .*\(tool\).*no t-1 in this workspace/],
  ],
])('%s', async (_what, flowData, sentences) => {
  const found = await foreseen(flowData)
  expect(found).toHaveLength(sentences.length)
  for (const [at, sentence] of sentences.entries()) expect(found[at]).toMatch(sentence)
})

test.each([
  ['the address of a server', '{"url":"{{$vars.address}}"}'],
  ['its headers', '{"url":"https://mcp.example/","headers":{"Authorization":"{{$vars.token}}"}}'],
])('nothing is foreseen of %s that a reference stands for', async (_what, mcpServerConfig) => {
  const tool = {
    agentSelectedTool: 'customMCP',
    agentSelectedToolConfig: { mcpServerConfig, mcpActions: '["search"]' },
  }
  const model = { agentModelConfig: { FLOWISE_CREDENTIAL_ID: 'cred-1' }, agentModel: 'chatOpenAI' }
  const agent = step('a', 'agentAgentflow', { ...model, agentTools: [tool] })
  expect(await foreseen(single(agent))).toEqual([])
  const flow = step('f', 'executeFlowAgentflow', { executeFlowSelectedFlow: '{{ $flow.state.f }}' })
  expect(await foreseen(single(flow))).toHaveLength(1)
})

test('a tool that could not do its work is told of, though the flow runs', async () => {
  const search = { id: 's', name: 'serpAPI', label: 'Serp' }
  const agent = { id: 'end', name: 'toolAgent', category: 'Agents' }
  const inputs = { model: '{{m.data.instance}}', tools: ['{{s.data.instance}}'] }
  const sentence = /"Serp" \(s\) cannot search: it needs a credential with serpApiKey\.$/
  expect(await foreseen(wire([chat('m'), search, { ...agent, inputs }]))).toEqual([
    expect.stringMatching(sentence),
  ])
  const tools = [{ agentSelectedTool: 'serpAPI', agentSelectedToolConfig: { q: 1 } }]
  const config = { FLOWISE_CREDENTIAL_ID: 'cred-1' }
  const searching = step('a', 'agentAgentflow', {
    agentModel: 'chatOpenAI',
    agentModelConfig: config,
    agentTools: tools,
  })
  expect(await foreseen(single(searching))).toEqual([
    expect.stringMatching(/\(a\) cannot search: it needs a credential with serpApiKey\.$/),
  ])
})

test('nodes that reach out to be built are believed', async () => {
  const flow = wire([
    chat('m'),
    { id: 'o', name: 'openAPIToolkit', inputs: { openApiLink: 'https://api.example/doc.yaml' } },
    {
      id: 'end',
      name: 'toolAgent',
      category: 'Agents',
      inputs: { model: '{{m.data.instance}}', tools: ['{{o.data.instance}}'] },
    },
  ])
  expect(await foreseen(flow)).toEqual([])
})

test('a run refuses what is foreseen in the same words', async () => {
  const flow = single(step('c', 'llmAgentflow', { llmModel: '' }))
  const failure = await failureOf(run(flow))
  expect(await foreseen(flow)).toEqual([`c ${failure.message}`])
})

test('nodes in a circle are told of, and wait for nobody', async () => {
  const flow = wire([
    chain({ model: '{{b.data.instance}}' }),
    { id: 'a', name: 'llmChain', category: 'Chains', inputs: { model: '{{b.data.instance}}' } },
    { id: 'b', name: 'llmChain', category: 'Chains', inputs: { model: '{{a.data.instance}}' } },
  ])
  expect(await foreseen(flow)).toEqual([expect.stringMatching(/in a circle/)])
})
