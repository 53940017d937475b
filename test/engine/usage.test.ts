import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { createTally } from '../../src/engine/model/usage.ts'
import type { Ports } from '../../src/engine/node/ports.ts'
import { draw, failureOf, run, startProvider, wire, type Drawn, type Told } from './harness.ts'
import { embeddings, instance, library, store } from './library.ts'
import { call, outputOf, priceOf, script, start, type Reply } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const history: Ports['history'] = async () => [
  { role: 'userMessage', content: 'hi' },
  { role: 'apiMessage', content: 'hello' },
]
const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: {
    ...library(['Socks are warm.'], ['socks']).ports,
    fetch: provider.fetch,
    history,
    ...changes.ports,
  },
})

const config = () => ({ basepath: provider.baseUrl })
const model = (): Drawn => ({
  id: 'model',
  name: 'chatOpenAI',
  category: 'Chat Models',
  inputs: config(),
})
const memory = (name: string): Drawn => ({
  id: 'memory',
  name,
  category: 'Memory',
  inputs: { model: instance('model') },
})
const ending = (name: string, inputs: Record<string, unknown>, category = 'Chains'): Drawn => ({
  id: 'end',
  name,
  category,
  inputs: { model: instance('model'), ...inputs },
})
const prompt = (id: string, template: string, promptValues = ''): Drawn => ({
  id,
  name: 'promptTemplate',
  inputs: { template, promptValues },
})
const llm = (id: string, inputs: Record<string, unknown> = {}): Drawn => ({
  id,
  name: 'llmAgentflow',
  label: id,
  inputs: { llmModel: 'chatOpenAI', llmModelConfig: config(), ...inputs },
})

const moderation: Drawn = {
  id: 'guard',
  name: 'inputModerationSimple',
  inputs: { denyList: 'shoes', model: instance('model') },
}
const several: Drawn = {
  id: 'several',
  name: 'multiQueryRetriever',
  category: 'Retrievers',
  inputs: { model: instance('model'), vectorStore: instance('store') },
}
const asked: Drawn = {
  id: 'asked',
  name: 'chainTool',
  inputs: { name: 'ask', description: 'asks', baseChain: instance('inner') },
}
const inner = (output: string): Drawn => ({
  id: 'inner',
  name: 'llmChain',
  category: 'Chains',
  output,
  inputs: { model: instance('model'), prompt: instance('p') },
})
const parser: Drawn = {
  id: 'parser',
  name: 'structuredOutputParser',
  category: 'Output Parsers',
  inputs: {
    autofixParser: true,
    jsonStructure: '[{"property":"n","type":"number","description":"how many"}]',
  },
}

describe('what a run cost is what all its models cost', () => {
  test.each<[string, readonly Drawn[], readonly Reply[]]>([
    [
      'a question that is worded anew',
      [
        embeddings,
        store('retriever'),
        ending('conversationalRetrievalQAChain', { vectorStoreRetriever: instance('store') }),
      ],
      ['which socks?', 'warm ones'],
    ],
    [
      'a search under several wordings',
      [
        embeddings,
        store('vectorStore'),
        several,
        ending('retrievalQAChain', { vectorStoreRetriever: instance('several') }),
      ],
      ['stockings', 'warm ones'],
    ],
    [
      'a moderation by a model',
      [
        moderation,
        memory('bufferMemory'),
        ending('conversationChain', {
          memory: instance('memory'),
          inputModeration: [instance('guard')],
        }),
      ],
      ['No', 'an answer'],
    ],
    [
      'a memory that is summed up',
      [
        memory('conversationSummaryMemory'),
        ending('simpleChatEngine', { memory: instance('memory') }, 'Engine'),
      ],
      ['they said hello', 'an answer'],
    ],
    [
      'an answer that is mended',
      [
        prompt('p', 'Count {what}'),
        parser,
        ending('llmChain', { prompt: instance('p'), outputParser: instance('parser') }),
      ],
      ['many', '{"n":3}'],
    ],
    [
      'a chain before the last one',
      [
        prompt('p', 'Name {what}'),
        inner('outputPrediction'),
        prompt('p2', 'Praise {x}', `{"x":"${instance('inner')}"}`),
        ending('llmChain', { prompt: instance('p2') }),
      ],
      ['a name', 'a praise'],
    ],
    [
      'a tool that asks a model',
      [
        prompt('p', 'Answer {what}'),
        inner('llmChain'),
        asked,
        ending('toolAgent', { tools: [instance('asked')] }, 'Agents'),
      ],
      [call('ask', { input: 'what?' }), 'an answer', 'the answer'],
    ],
  ])('%s', async (...[, nodes, replies]) => {
    const heard = script(provider, replies)
    const whole = createTally()
    const result = await run(wire([model(), ...nodes]), told({ spend: whole.spend }))
    expect(heard).toHaveLength(replies.length)
    expect(result.usage).toEqual(priceOf(replies.length))
    expect(whole.total()).toEqual(result.usage)
  })

  test('a step of an agentflow says what its own models cost, a summary among them', async () => {
    script(provider, ['summed up', 'one', 'two'])
    const flow = draw(
      [start(), llm('a', { llmMemoryType: 'conversationSummary' }), llm('b')],
      [
        ['start', 'a'],
        ['a', 'b'],
      ],
    )
    const result = await run(flow, told())
    expect(outputOf(result, 'a')['usageMetadata']).toEqual(priceOf(2))
    expect(outputOf(result, 'b')['usageMetadata']).toEqual(priceOf(1))
    expect(result.usage).toEqual(priceOf(3))
  })

  test('a flow inside an agentflow costs the whole', async () => {
    script(provider, ['inside', 'outside'])
    const within = wire([
      model(),
      prompt('p', 'Name {what}'),
      ending('llmChain', { prompt: instance('p') }),
    ])
    const execute = {
      id: 'e',
      name: 'executeFlowAgentflow',
      label: 'e',
      inputs: { executeFlowSelectedFlow: 'flow-2', executeFlowInput: 'go' },
    }
    const flow = draw(
      [start(), execute, llm('a')],
      [
        ['start', 'e'],
        ['e', 'a'],
      ],
    )
    const ports = {
      flow: async () => ({ id: 'flow-2', name: 'Inner', flowData: within, apiConfig: null }),
    }
    const result = await run(flow, told({ ports }))
    expect(result.text).toBe('outside')
    expect(result.usage).toEqual(priceOf(2))
  })

  test('a supervisor pays for its decisions, the last of which sums up', async () => {
    const route = (next: string, summarization = '') =>
      call('route', { next, instructions: 'do', reasoning: 'so', summarization })
    script(provider, [route('expert'), 'done', route('FINISH', 'a summary')])
    const flow = draw(
      [
        model(),
        {
          id: 'boss',
          name: 'supervisor',
          category: 'Multi Agents',
          inputs: { model: instance('model'), summarization: true },
        },
        {
          id: 'w',
          name: 'worker',
          category: 'Multi Agents',
          inputs: { workerName: 'Expert', workerPrompt: 'You work.' },
        },
      ],
      [
        ['model', 'boss'],
        ['boss', 'w'],
      ],
    )
    const result = await run(flow, told())
    expect(result.text).toBe('a summary')
    expect(result.usage).toEqual(priceOf(3))
  })

  test('a run that fails half-way has told what it cost until then', async () => {
    script(provider, ['which socks?'])
    const whole = createTally()
    const embedLocally = async () => {
      throw new Failure('UNAVAILABLE', 'not now')
    }
    const flow = wire([
      model(),
      embeddings,
      store('retriever'),
      ending('conversationalRetrievalQAChain', { vectorStoreRetriever: instance('store') }),
    ])
    const failure = await failureOf(
      run(flow, told({ spend: whole.spend, ports: { embedLocally } })),
    )
    expect(failure.code).toBe('UNAVAILABLE')
    expect(whole.total()).toEqual(priceOf(1))
  })

  test('a run that asks no model has no cost', async () => {
    const flow = draw([start(), { ...llm('r'), name: 'directReplyAgentflow' }], [['start', 'r']])
    expect(await run(flow, told())).not.toHaveProperty('usage')
  })
})
