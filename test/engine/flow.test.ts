import { describe, expect, test } from 'vitest'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import { credentialIds, toPublicFlow, toWidgetFlow } from '../../src/engine/flow/public-flow.ts'
import { upsertFlow } from '../../src/engine/upsert.ts'
import { isStreamable, validateFlow } from '../../src/engine/validate.ts'
import { draw, failureOf, llmChainFlow, requestFor, run } from './harness.ts'

const flowOf = (flowData: string) => parseFlow({ id: 'f', flowData })
const store = {
  id: 'couchbase_0',
  name: 'couchbase',
  label: 'Couchbase',
  category: 'Vector Stores',
}

const chain = (id: string, inputs: Record<string, unknown> = {}) => ({
  id,
  name: 'llmChain',
  label: id,
  category: 'Chains',
  inputs,
})

describe('reading a flow', () => {
  test.each([
    ['nonsense', /not JSON/],
    ['[]', /cannot be read/],
    ['{"nodes":{}}', /flowData\.nodes/],
    ['{"nodes":[{"id":"a","data":{}}]}', /flowData\.nodes\.0\.data\.name of the node "a" \(a\) is/],
    ['{"nodes":[{"id":"a","data":{"label":"My tool"}}]}', /data\.name of the node "My tool" \(a\)/],
    ['{"nodes":[{"data":{"name":"x"}}]}', /flowData\.nodes\.0\.id is/],
    ['{"nodes":[],"edges":{}}', /flowData\.edges/],
  ])('%s is UNPROCESSABLE and names the place', async (flowData, message) => {
    const failure = await failureOf(run(flowData))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })

  test('an edge to nothing is none', async () => {
    const drawn = JSON.parse(draw([{ id: 'start', name: 'startAgentflow' }])) as object
    const edges = [{}, { source: 'start', target: null }, { source: 'start', target: 'gone' }]
    expect((await run(JSON.stringify({ ...drawn, edges, viewport: null }))).text).toBe(' ')
  })

  test('keys of the language do not come through', () => {
    const flow = flowOf('{"nodes":[{"id":"a","data":{"name":"x","inputs":{"__proto__":{"p":1}}}}]}')
    expect(flow.nodes.get('a')?.inputs['p']).toBeUndefined()
  })
})

describe('validateFlow', () => {
  test.each<[string, string, string[]]>([
    ['an empty flow', '{}', []],
    ['a chain', llmChainFlow('https://x.example'), []],
    ['an unknown node', draw([store, chain('c')], [['couchbase_0', 'c']]), ['unknown-node']],
    ['an unknown ending', draw([store]), ['unknown-node']],
    ['no ending', draw([{ id: 'p', name: 'promptTemplate' }]), ['no-ending']],
    [
      'a circle by edges',
      draw(
        [chain('a'), chain('b'), chain('c')],
        [
          ['a', 'b'],
          ['b', 'a'],
          ['b', 'c'],
        ],
      ),
      ['circle'],
    ],
    [
      'a circle by references',
      draw(
        [
          chain('a', { prompt: '{{b.data.instance}}' }),
          chain('b', { prompt: '{{a.data.instance}}' }),
          chain('c'),
        ],
        [['a', 'c']],
      ),
      ['circle'],
    ],
  ])('%s', (_what, flowData, codes) => {
    expect(validateFlow(flowOf(flowData)).map(({ code }) => code)).toEqual(codes)
  })

  test('a circle is refused at run time too, instead of waiting for ever', async () => {
    const itself = draw([chain('a', { prompt: '{{a.data.instance}}' })])
    expect((await failureOf(run(itself))).message).toMatch(/circle: "a" \(a\)/)
  })

  test('a stranger off the way does not stop the run, and is reported', () => {
    const drawn = JSON.parse(llmChainFlow('https://x.example')) as { nodes: unknown[] }
    const more = JSON.parse(draw([store])) as { nodes: unknown[] }
    const flow = flowOf(JSON.stringify({ ...drawn, nodes: [...drawn.nodes, ...more.nodes] }))
    expect(validateFlow(flow)).toMatchObject([{ nodeId: 'couchbase_0', nodeName: 'couchbase' }])
    expect(isStreamable(flow)).toBe(true)
  })
})

test.each([
  ['a chain on a chat model', llmChainFlow('https://x.example'), true],
  [
    'with streaming off',
    llmChainFlow('https://x.example', { model: { inputs: { streaming: false } } }),
    false,
  ],
  ['an agentflow', draw([{ id: 's', name: 'startAgentflow' }]), true],
  ['an empty flow', '{}', false],
  ['a flow that cannot run', draw([store]), false],
])('isStreamable: %s', (_what, flowData, expected) => {
  expect(isStreamable(flowOf(flowData))).toBe(expected)
})

describe('upsertFlow', () => {
  test('an empty flow adds nothing', async () => {
    expect(await upsertFlow(requestFor('{}'))).toEqual({
      numAdded: 0,
      numUpdated: 0,
      numSkipped: 0,
      numDeleted: 0,
      addedDocs: [],
      store: null,
    })
  })

  test.each([
    [[store], undefined, 'UNPROCESSABLE', /"Couchbase" \(couchbase_0\) of type couchbase/],
    [
      [store, { ...store, id: 'couchbase_1' }],
      undefined,
      'UNPROCESSABLE',
      /stopNodeId: .*couchbase_1/,
    ],
    [
      [store, { ...store, id: 'couchbase_1' }],
      'couchbase_1',
      'UNPROCESSABLE',
      /\(couchbase_1\) of type couchbase/,
    ],
    [[store], 'gone', 'NOT_FOUND', /stopNodeId/],
    [[{ id: 'p', name: 'promptTemplate' }], undefined, 'UNPROCESSABLE', /no vector store/],
  ])('%j, stop at %s: %s', async (...[nodes, stopNodeId, code, message]) => {
    const request = requestFor(draw(nodes))
    const failure = await failureOf(
      upsertFlow({ ...request, ...(stopNodeId ? { stopNodeId } : {}) }),
    )
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(message)
  })
})

describe('what others may read of a flow', () => {
  const flowData = JSON.stringify({
    viewport: { x: 1, y: 2, zoom: 3 },
    secretKey: 'TOP-CANARY',
    nodes: [
      {
        id: 'chatOpenAI_0',
        position: { x: 1, y: 1 },
        data: {
          id: 'chatOpenAI_0',
          name: 'chatOpenAI',
          label: 'ChatOpenAI',
          credential: 'CANARY-1',
          inputParams: [{ name: 'pin', type: 'password' }],
          inputs: {
            maxTokens: '100',
            basepath: 'https://user:CANARY-2@x.example/v1',
            url: 'postgres://user:p@CANARY-11@db.example/shop?who=a@b',
            openAIApiKey: 'CANARY-3',
            pin: 'CANARY-4',
            baseOptions: '{"headers":{"a":"CANARY-5"}}',
            headers: [{ key: 'a', value: 'CANARY-6' }],
            mcpServerConfig: '{"url":"https://x.example/CANARY-11"}',
            systemMessagePrompt: 'Be kind. Use Bearer CANARY-7777 and sk-CANARY8888',
            agentModelConfig: {
              FLOWISE_CREDENTIAL_ID: 'CANARY-9',
              accessToken: 'CANARY-10',
              modelName: 'm',
            },
          },
        },
      },
    ],
    edges: [{ source: 'a', target: 'b' }],
  })

  test('no credential id, password, header or token; prompts stay', () => {
    const text = toPublicFlow(flowData)
    expect(text).not.toMatch(/CANARY/)
    expect(JSON.parse(text)).toMatchObject({
      viewport: { zoom: 3 },
      edges: [{ source: 'a', target: 'b' }],
      nodes: [
        {
          id: 'chatOpenAI_0',
          data: { inputs: { maxTokens: '100', agentModelConfig: { modelName: 'm' } } },
        },
      ],
    })
    expect(text).toContain('Be kind.')
    expect(text).toContain('db.example/shop?who=a@b')
  })

  test('the widget gets names and the start form only', () => {
    expect(toWidgetFlow(flowData)).not.toMatch(/CANARY|kind/)
    const form = { startInputType: 'formInput', formTitle: 'T', formInputTypes: [{ name: 'a' }] }
    const start = draw([{ id: 's', name: 'startAgentflow', inputs: { ...form, startState: 'no' } }])
    expect(JSON.parse(toWidgetFlow(start))).toEqual({
      nodes: [
        {
          id: 's',
          data: { id: 's', name: 'startAgentflow', label: 'startAgentflow', inputs: form },
        },
      ],
      edges: [],
    })
  })

  test.each([[null], ['nonsense'], ['[]'], ['{"nodes":1}']])('%s is the empty flow', (text) => {
    expect(JSON.parse(toPublicFlow(text))).toEqual({ nodes: [], edges: [] })
  })

  test('rows that stand in a text are read as rows', () => {
    const config = {
      FLOWISE_CREDENTIAL_ID: 'CANARY-1',
      mcpServerConfig: '{"headers":{"X-Who":"CANARY-2"}}',
      modelName: 'm',
    }
    const fields = '[ {"key": "route", "type": "Enum"}, {"key": "token", "type": "String"} ]'
    const inputs = {
      agentTools: JSON.stringify([{ tool: 'customMCP', config }]),
      llmStructuredOutput: fields,
      rows: '[{"Key":"token","Value":"x"},{"key":"token","value":"CANARY-3"},{"key":"token","value":"$flow.output.a"}]',
      body: '[{"auth":"CANARY-4","token":"{{$vars.t}}"},{"key":"CANARY-5"},{"type":"apiKey","key":"CANARY-6"},{"key":"X-Api-Key","value":"CANARY-7"}]',
    }
    const drawn = draw([{ id: 'a', name: 'agentAgentflow', inputs }])
    expect(credentialIds(drawn)).toEqual(['CANARY-1'])
    const kept = {
      agentTools: '[{"tool":"customMCP","config":{"modelName":"m"}}]',
      llmStructuredOutput: fields,
      rows: '[{"Key":"token","Value":"x"},{"key":"token","value":""},{"key":"token","value":"$flow.output.a"}]',
      body: '[{"auth":"","token":"{{$vars.t}}"},{"key":""},{"type":"apiKey","key":""},{"key":"X-Api-Key","value":""}]',
    }
    expect(JSON.parse(toPublicFlow(drawn))).toMatchObject({ nodes: [{ data: { inputs: kept } }] })
  })

  test.each([
    ['Help with basic questions. Use basic JSON.', true],
    ['It needs a bearer token; see Bearer authentication.', true],
    ['return rows.map(({ org_name }) => org_name)', true],
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', false],
    ['Basic YWxhZGRpbjpvcGVu', false],
    ['Bearer hunter', false],
    ['sk-proj-abcdefgh1234', false],
    ['sk-mymasterkey', false],
    ['Bearer authabcdef', false],
    ['org-AbCdEfGhIjKlMnOp', false],
  ])('a prompt "%s" stays: %s', (prompt, isKept) => {
    const drawn = draw([{ id: 'a', name: 'seqAgent', inputs: { systemMessagePrompt: prompt } }])
    expect(toPublicFlow(drawn).includes(prompt)).toBe(isKept)
  })

  test('credentialIds finds nested ones', () => {
    expect(credentialIds(flowData)).toEqual(['CANARY-1', 'CANARY-9'])
    expect(credentialIds(null)).toEqual([])
  })
})
