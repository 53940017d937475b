import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createParts } from '../../src/engine/chatflow/parts.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import {
  isInstance,
  type ChatModel,
  type Embedder,
  type ModelRequest,
} from '../../src/engine/node/instances.ts'
import type { CachePort } from '../../src/engine/node/ports.ts'
import { nodeDefinitions } from '../../src/engine/nodes/index.ts'
import { runFlow } from '../../src/engine/run.ts'
import { prepareRun } from '../../src/engine/run/context.ts'
import { createSecrets } from '../../src/engine/text/secrets.ts'
import { createFlowCache } from '../../src/platform/flow-cache.ts'
import { buildInstance, draw, requestFor, startProvider, textOf, type Told } from './harness.ts'
import { call, script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let cache: CachePort
let now = 0

beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => {
  now = 1_000_000
  cache = createFlowCache({ clock: { now: () => new Date(now) } }).of('workspace-1')
})
afterAll(() => provider.stop())

const hourMs = 3_600_000
const caches = ['inMemoryCache', 'redisCache', 'upstashRedisCache', 'momentoCache']
const key = 'secret-key-0123456789abcdefghij'

const chatFlow = (
  node: { name?: string; cache?: Record<string, unknown>; [input: string]: unknown } = {},
) => {
  const { name = 'inMemoryCache', cache: settings = {}, ...inputs } = node
  return draw(
    [
      { id: 'cache', name, inputs: settings },
      {
        id: 'm',
        name: 'chatOpenAI',
        inputs: { basepath: provider.baseUrl, cache: '{{cache.data.instance}}', ...inputs },
      },
      { id: 'memory', name: 'bufferMemory', category: 'Memory' },
      {
        id: 'c',
        name: 'conversationChain',
        category: 'Chains',
        inputs: { model: '{{m.data.instance}}', memory: '{{memory.data.instance}}' },
      },
    ],
    [
      ['cache', 'm'],
      ['m', 'c'],
      ['memory', 'c'],
    ],
  )
}

const ask = async (flowData: string, told: Told = {}, flowId = 'flow-1') => {
  const ports = { fetch: provider.fetch, cache, ...told.ports }
  const request = requestFor(flowData, { ...told, ports })
  return runFlow({ ...request, flow: { ...request.flow, id: flowId } })
}

describe.each(caches)('%s', (name) => {
  test('answers the same question without the model, at no cost, for an hour', async () => {
    const asked = script(provider, ['Feet', 'Toes'])
    const first = await ask(chatFlow({ name }))
    now += hourMs - 1
    const second = await ask(chatFlow({ name }))
    expect([first.text, second.text]).toEqual(['Feet', 'Feet'])
    expect(first.usage?.total_tokens).toBeGreaterThan(0)
    expect(second.usage).toBeUndefined()
    expect(asked).toHaveLength(1)
    now += 1
    expect((await ask(chatFlow({ name }))).text).toBe('Toes')
  })
})

test('a cache node says for how many milliseconds it remembers', async () => {
  script(provider, ['Feet', 'Toes'])
  const flow = chatFlow({ name: 'redisCache', cache: { ttl: '500' } })
  await ask(flow)
  now += 499
  expect((await ask(flow)).text).toBe('Feet')
  now += 1
  expect((await ask(flow)).text).toBe('Toes')
})

test('who listens hears a remembered answer as well', async () => {
  script(provider, ['Rainbow Feet'])
  const events: FlowEvent[] = []
  const told = { input: { streaming: true }, emit: (event: FlowEvent) => void events.push(event) }
  await ask(chatFlow())
  await ask(chatFlow(), told)
  expect(events[0]).toEqual({ event: 'start', data: 'Rainbow Feet' })
  expect(textOf(events)).toBe('Rainbow Feet')
})

test('an answer streamed the first time is remembered whole', async () => {
  const asked = script(provider, ['Rainbow Feet'])
  await ask(chatFlow(), { input: { streaming: true } })
  expect((await ask(chatFlow())).text).toBe('Rainbow Feet')
  expect(asked).toHaveLength(1)
})

test.each<[string, () => Promise<unknown>]>([
  ['another question', () => ask(chatFlow(), { input: { question: 'shoes' } })],
  ['another model', () => ask(chatFlow({ modelName: 'gpt-other' }))],
  ['another temperature', () => ask(chatFlow({ temperature: '0.1' }))],
  ['another flow', () => ask(chatFlow(), {}, 'flow-2')],
  [
    'another credential',
    () => ask(chatFlow({ openAIApiKey: 'sk-other-0123456789abcdefghijKLMN' })),
  ],
  [
    'another conversation before it',
    () =>
      ask(chatFlow(), {
        ports: { history: async () => [{ role: 'userMessage', content: 'Hello' }] },
      }),
  ],
])('%s is asked anew', async (_what, other) => {
  const asked = script(provider, ['Feet', 'Toes'])
  await ask(chatFlow())
  expect(await other()).toMatchObject({ text: 'Toes' })
  expect(asked).toHaveLength(2)
})

test('a model without a cache node is asked each time', async () => {
  script(provider, ['Feet', 'Toes'])
  const bare = chatFlow().replace('{{cache.data.instance}}', '')
  await ask(bare)
  expect((await ask(bare)).text).toBe('Toes')
})

/** They take more than a key and an address; what is kept of their answers is what others keep. */
const others = new Set(['awsChatBedrock', 'chatGoogleVertexAI', 'chatIBMWatsonx'])
const chatModels = nodeDefinitions.filter(
  ({ category, name }) => category === 'Chat Models' && !others.has(name),
)

describe.each(chatModels.map(({ name }) => name))('%s', (name) => {
  const paths: Readonly<Record<string, string>> = {
    azureChatOpenAI: '/openai',
    chatGoogleGenerativeAI: '/v1beta',
  }
  const fields = ['azureOpenAIApiKey', 'anthropicApiKey', 'googleGenerativeAPIKey', 'openAIApiKey']
  const build = (): Promise<ChatModel> =>
    buildInstance(
      'chatModel',
      {
        name,
        inputs: {
          basepath: provider.mock.url + (paths[name] ?? '/v1'),
          modelName: 'some-model',
          cache: { kind: 'cache', ttlMs: hourMs },
        },
      },
      {
        ports: {
          fetch: provider.fetch,
          cache,
          credential: async () => Object.fromEntries(fields.map((field) => [field, key])),
        },
      },
    )

  test('takes a cache', async () => {
    const asked = script(provider, ['Feet'])
    const request: ModelRequest = { messages: [{ role: 'user', content: 'socks' }] }
    expect((await (await build()).ask(request)).text).toBe('Feet')
    const again = await (await build()).ask(request)
    expect(again).toMatchObject({ text: 'Feet', toolCalls: [], finishReason: 'stop' })
    expect(again.message).toEqual({ role: 'assistant', content: 'Feet' })
    expect(asked).toHaveLength(1)
  })
})

describe('a chat model with a cache', () => {
  const build = (fetch = provider.fetch): Promise<ChatModel> =>
    buildInstance(
      'chatModel',
      {
        name: 'chatOpenAI',
        inputs: { basepath: provider.baseUrl, cache: { kind: 'cache', ttlMs: hourMs } },
      },
      { ports: { fetch, cache } },
    )
  const messages = [{ role: 'user', content: 'socks' }] as const

  test('is asked each time when it calls tools', async () => {
    const asked = script(provider, [call('find'), call('find')])
    const tools = [{ name: 'find', description: 'Finds.', schema: { type: 'object' } }]
    const model = await build()
    for (const _time of [1, 2]) {
      expect((await model.ask({ messages, tools })).toolCalls).toHaveLength(1)
    }
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['was cut off', { finish_reason: 'length', message: { content: 'Fe' } }],
    ['is empty', { finish_reason: 'stop', message: { content: '' } }],
    [
      'calls a tool, whatever it says of its end',
      {
        finish_reason: 'stop',
        message: {
          content: 'I look it up.',
          tool_calls: [{ id: '1', type: 'function', function: { name: 'find', arguments: '{}' } }],
        },
      },
    ],
  ])('does not remember an answer that %s', async (_what, choice) => {
    let calls = 0
    const model = await build(async () => {
      calls += 1
      const choices = [{ index: 0, ...choice, message: { role: 'assistant', ...choice.message } }]
      return Response.json({ id: '1', created: 1, model: 'm', choices })
    })
    await model.ask({ messages })
    await model.ask({ messages })
    expect(calls).toBe(2)
  })

  test('knows an answer in a form from one without, and gives its value again', async () => {
    const asked = script(provider, ['{"a":1}', 'Feet'])
    const model = await build()
    const schema = { type: 'object', properties: { a: { type: 'number' } } }
    expect((await model.ask({ messages, schema })).json).toEqual({ a: 1 })
    expect((await model.ask({ messages, schema })).json).toEqual({ a: 1 })
    expect((await model.ask({ messages })).text).toBe('Feet')
    expect(asked).toHaveLength(2)
  })

  test('keeps neither its key nor the question where others could read it', async () => {
    script(provider, ['Feet'])
    const kept: string[] = []
    const told = {
      get: cache.get,
      set: async (...entry: unknown[]) => void kept.push(entry.join()),
    }
    cache = { ...cache, ...told }
    const model = await build()
    await model.ask({ messages })
    expect(kept).toHaveLength(1)
    expect(kept[0]).not.toMatch(/socks|sk-live/)
    expect(JSON.stringify(model)).not.toContain('sk-live')
  })
})

/** Embeddings behind a cache; the provider gives the length of each text, and tells what it got. */
async function embedding(
  name: string,
  sent: string[][],
  inputs: { own?: Record<string, unknown>; inner?: Record<string, unknown> } = {},
): Promise<Embedder> {
  const fetch: typeof globalThis.fetch = async (_input, init) => {
    const { input } = JSON.parse(init?.body as string) as { input: string[] }
    sent.push(input)
    const data = input.map(({ length }, index) => ({ index, embedding: [length, 0.5] }))
    return Response.json({ data, usage: { prompt_tokens: 1 } })
  }
  const flowData = draw([
    { id: 'inner', name: 'openAIEmbeddings', credential: 'cred-1', inputs: inputs.inner ?? {} },
    { id: 'outer', name, inputs: { embeddings: '{{inner.data.instance}}', ...inputs.own } },
  ])
  const request = requestFor(flowData, { ports: { fetch, cache } })
  const made = await prepareRun(request, {
    secrets: createSecrets(),
    spend: () => undefined,
    runFlow,
  })
  const node = made.flow.nodes.get('outer')
  const built = node && (await createParts(made).build(node))
  if (!isInstance(built, 'embedder')) throw new Error(`${name} built no embedder`)
  return built
}

describe.each(['inMemoryEmbeddingCache', 'redisEmbeddingsCache'])('%s', (name) => {
  test('asks for the vectors of new texts only, and keeps their order', async () => {
    const sent: string[][] = []
    const embedder = await embedding(name, sent)
    expect(await embedder.embed(['a', 'bb'])).toEqual([
      [1, 0.5],
      [2, 0.5],
    ])
    expect(await embedder.embed(['ccc', 'bb', 'a', 'ccc'])).toEqual([
      [3, 0.5],
      [2, 0.5],
      [1, 0.5],
      [3, 0.5],
    ])
    expect(sent).toEqual([
      ['a', 'bb'],
      ['ccc', 'ccc'],
    ])
    expect(embedder.modelName).toBe('text-embedding-ada-002')
  })

  test('forgets after an hour', async () => {
    const sent: string[][] = []
    await (await embedding(name, sent)).embed(['a'])
    now += hourMs - 1
    await (await embedding(name, sent)).embed(['a'])
    expect(sent).toHaveLength(1)
    now += 1
    await (await embedding(name, sent)).embed(['a'])
    expect(sent).toHaveLength(2)
  })

  test.each([
    ['namespace', { namespace: 'mine' }, {}],
    ['model', {}, { modelName: 'text-embedding-3-small' }],
    ['number of dimensions', {}, { dimensions: '2' }],
  ])('knows the vectors of another %s apart', async (_what, own, inner) => {
    const sent: string[][] = []
    await (await embedding(name, sent)).embed(['a'])
    await (await embedding(name, sent, { own, inner })).embed(['a'])
    expect(sent).toHaveLength(2)
  })
})

test('an embeddings cache says for how many seconds it remembers', async () => {
  const sent: string[][] = []
  const embed = async () =>
    (await embedding('redisEmbeddingsCache', sent, { own: { ttl: '60' } })).embed(['a'])
  await embed()
  now += 59_999
  await embed()
  expect(sent).toHaveLength(1)
  now += 1
  await embed()
  expect(sent).toHaveLength(2)
})
