import { describe, expect, test } from 'vitest'
import type { RunInput } from '../../src/engine/node/run-input.ts'
import { draw, llmChainFlow, providerKey, requestFor, run } from './harness.ts'

interface Call {
  url: string
  authorization: string | null
  team: string | null
  body: { temperature?: number; messages?: { content: string }[] }
}

/** Runs the chain against a fetch that notes what it is asked, and answers. */
async function calls(
  enabled: Record<string, string[]> | undefined,
  overrideConfig: unknown,
  inputs: Record<string, unknown> = {},
): Promise<Call> {
  const seen: Call[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    seen.push({
      url: input instanceof Request ? input.url : input.toString(),
      authorization: headers.get('authorization'),
      team: headers.get('x-team'),
      body: JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as Call['body'],
    })
    const message = { role: 'assistant', content: 'ok' }
    return Response.json({
      id: '1',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
    })
  }
  const nodes = Object.fromEntries(
    Object.entries(enabled ?? {}).map(([label, names]) => [
      label,
      names.map((name) => ({ name, enabled: true })),
    ]),
  )
  const apiConfig = enabled === undefined ? undefined : { overrideConfig: { status: true, nodes } }
  const model = { inputs: { baseOptions: { headers: { 'x-team': 'team-secret' } }, ...inputs } }
  await run(llmChainFlow('https://provider.example/v1', { model }), {
    input: { overrideConfig: overrideConfig as NonNullable<RunInput['overrideConfig']> },
    ports: { fetch, variables: async () => ({ secret: 'hidden' }) },
    apiConfig,
  })
  const [call] = seen
  if (call === undefined) throw new Error('the provider was not asked')
  return call
}

const temperatureOf = async (...told: Parameters<typeof calls>) =>
  (await calls(...told)).body.temperature

describe('which inputs a caller may change', () => {
  const on = { ChatOpenAI: ['temperature'] }
  test.each([
    ['nothing by default', undefined, { temperature: 0.7 }, 0.2],
    ['an enabled one', on, { temperature: 0.7 }, 0.7],
    ['one of another label', { 'Prompt Template': ['temperature'] }, { temperature: 0.7 }, 0.2],
    ['another name', { ChatOpenAI: ['topP'] }, { temperature: 0.7 }, 0.2],
    ['by the id of the node', on, { temperature: { chatOpenAI_0: 0.7 } }, 0.7],
    ['not by the id of another', on, { temperature: { llmChain_0: 0.7 } }, 0.2],
  ])('%s', async (...[, enabled, overrideConfig, expected]) => {
    expect(await temperatureOf(enabled, overrideConfig)).toBe(expected)
  })

  test('a switch that is off, or no switch, stays off', async () => {
    const node = { name: 'temperature', enabled: false }
    for (const overrideConfig of [
      { status: true, nodes: { ChatOpenAI: [node] } },
      { status: false, nodes: { ChatOpenAI: [{ ...node, enabled: true }] } },
      { status: 'true', nodes: { ChatOpenAI: [{ ...node, enabled: true }] } },
      'nonsense',
    ]) {
      const request = requestFor(llmChainFlow('https://p.example'), {
        apiConfig: { overrideConfig },
      })
      const rules = request.flow.overrides
      const isOn = rules.enabled && (rules.nodes.get('ChatOpenAI')?.has('temperature') ?? false)
      expect(isOn).toBe(false)
    }
  })

  test('objects are laid over the author’s, and quoted text is data', async () => {
    const promptValues = { product: '{{$vars.secret}} {{question}}' }
    const call = await calls({ promptTemplate: ['promptValues'] }, { promptValues })
    expect(call.body.messages?.[0]?.content).toBe(
      'Name a company that makes {{$vars.secret}} {{question}}.',
    )
  })

  test('variables change by name only', async () => {
    const reply = draw(
      [
        { id: 'startAgentflow_0', name: 'startAgentflow' },
        {
          id: 'directReplyAgentflow_0',
          name: 'directReplyAgentflow',
          inputs: { directReplyMessage: '{{ $vars.open }} {{ $vars.shut }}' },
        },
      ],
      [['startAgentflow_0', 'directReplyAgentflow_0']],
    )
    const variables = [
      { name: 'open', enabled: true },
      { name: 'shut', enabled: false },
    ]
    const result = await run(reply, {
      apiConfig: { overrideConfig: { status: true, variables } },
      input: { overrideConfig: { vars: { open: 'new', shut: 'new' } } },
      ports: { variables: async () => ({ open: 'old', shut: 'old' }) },
    })
    expect(result.text).toBe('new old')
  })
})

describe('threat 42: overrideConfig', () => {
  const hostile = JSON.parse(`{
    "__proto__": {"polluted": 1, "temperature": 2},
    "constructor": {"prototype": {"polluted": 1}},
    "temperature": {"__proto__": {"polluted": 1}, "constructor": 1},
    "credential": "cred-of-another",
    "FLOWISE_CREDENTIAL_ID": "cred-of-another",
    "openAIApiKey": "sk-of-the-caller-0123456789",
    "basepath": "http://127.0.0.1",
    "basePath": "http://127.0.0.1"
  }`) as unknown

  test('threat 42: nothing of it works unless enabled', async () => {
    const call = await calls({ ChatOpenAI: [] }, hostile)
    expect(call.url).toBe('https://provider.example/v1/chat/completions')
    expect(call.authorization).toBe(`Bearer ${providerKey}`)
    expect(call.body.temperature).toBe(0.2)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('threat 42: keys of the language are refused even when enabled', async () => {
    const enabled = ['__proto__', 'constructor', 'prototype', 'promptValues']
    const promptValues = JSON.parse('{"__proto__":{"polluted":1},"product":"hats"}') as unknown
    const call = await calls(
      { promptTemplate: enabled, ChatOpenAI: enabled },
      { ...(hostile as object), promptValues },
    )
    expect(call.body.messages?.[0]?.content).toBe('Name a company that makes hats.')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('threat 42: a credential never changes, not even when enabled', async () => {
    const asked: string[] = []
    const flow = llmChainFlow('https://provider.example/v1')
    const names = ['credential', 'FLOWISE_CREDENTIAL_ID']
    const nodes = { ChatOpenAI: names.map((name) => ({ name, enabled: true })) }
    await run(flow, {
      apiConfig: { overrideConfig: { status: true, nodes } },
      input: { overrideConfig: { credential: 'other', FLOWISE_CREDENTIAL_ID: 'other' } },
      ports: {
        credential: async (id) => {
          asked.push(id)
          return {}
        },
        fetch: async () => {
          throw new Error('far enough')
        },
      },
    }).catch(() => undefined)
    expect(asked).toEqual(['cred-1'])
  })

  test('threat 42: an overridden base path loses the credential and the headers', async () => {
    const call = await calls({ ChatOpenAI: ['basepath'] }, { basepath: 'https://evil.example/v1' })
    expect(call.url).toBe('https://evil.example/v1/chat/completions')
    expect(call.authorization).toBeNull()
    expect(call.team).toBeNull()
  })

  test('threat 42: a key in the flow itself is lost as well', async () => {
    const own = { openAIApiKey: 'sk-in-the-flow-0123456789' }
    const kept = await calls({ ChatOpenAI: [] }, {}, own)
    expect(kept.authorization).toBe(`Bearer ${own.openAIApiKey}`)
    const lost = await calls(
      { ChatOpenAI: ['basePath'] },
      { basePath: 'https://evil.example' },
      own,
    )
    expect(lost.authorization).toBeNull()
  })

  test('the caller may bring a key of his own where the author enabled it', async () => {
    const call = await calls(
      { ChatOpenAI: ['basepath', 'openAIApiKey'] },
      { basepath: 'https://mine.example/v1', openAIApiKey: 'sk-mine-0123456789' },
    )
    expect(call.authorization).toBe('Bearer sk-mine-0123456789')
  })
})
