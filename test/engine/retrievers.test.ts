import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChunkQuery, Ports, VectorPlace, WrittenChunk } from '../../src/engine/node/ports.ts'
import {
  failureOf,
  keepsNothing,
  run,
  startProvider,
  wire,
  type Drawn,
  type Told,
} from './harness.ts'
import { embeddings, instance, library, store } from './library.ts'
import { call, linesOf, priceOf, script, type Asked } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const texts = ['Socks are warm.', 'Hats are wide.', 'Socks and hats are clothes.', 'It rains.']
const shelf = () => library(texts, ['socks', 'hats', 'rain'])
const told = (changes: Told = {}): Told => ({
  ...changes,
  ports: { ...shelf().ports, fetch: provider.fetch, ...changes.ports },
})
const model = (): Drawn => ({
  id: 'model',
  name: 'chatOpenAI',
  category: 'Chat Models',
  inputs: { basepath: provider.baseUrl },
})

/** What the retriever under test takes, and a chain that answers from what it finds. */
const drawn = (name: string, inputs: Record<string, unknown> = {}, more: Partial<Drawn> = {}) => [
  model(),
  embeddings,
  store('vectorStore', { topK: 4 }, 'whole'),
  store('retriever', { topK: 4 }, 'base'),
  {
    id: 'retriever',
    name,
    label: 'Retriever',
    category: 'Retrievers',
    inputs: {
      model: instance('model'),
      vectorStore: instance('whole'),
      baseRetriever: instance('base'),
      embeddings: instance('embeddings'),
      ...inputs,
    },
    ...more,
  },
]
const qa: Drawn = {
  id: 'end',
  name: 'retrievalQAChain',
  category: 'Chains',
  inputs: { model: instance('model'), vectorStoreRetriever: instance('retriever') },
}
const found = async (name: string, inputs: Record<string, unknown> = {}, changes: Told = {}) => {
  const result = await run(wire([...drawn(name, inputs), qa]), told(changes))
  return (result.sourceDocuments ?? []).map(({ pageContent }) => pageContent)
}
const contentOf = ({ messages }: Asked | { messages: [] }) => String(messages[0]?.content)

describe('a made-up answer', () => {
  test('is what is looked for', async () => {
    const asked = script(provider, ['Rain falls.', 'wet'])
    const { ports, searches } = shelf()
    expect(await found('HydeRetriever', { topK: 1 }, { ports })).toEqual(['It rains.'])
    expect(searches).toEqual(['Rain falls.'])
    expect(linesOf(asked[0])).toEqual([
      'user: Write a passage that answers this question.\n\nsocks\n\nPassage:',
    ])
  })

  test.each([
    [{ promptKey: 'fiqa' }, /^Write a passage of an article on finance/],
    [{ customPrompt: 'Invent {question}!', promptKey: 'fiqa' }, /^Invent socks!$/],
  ])('is made up as %j says', async (inputs, expected) => {
    const asked = script(provider, ['Rain falls.', 'wet'])
    await found('HydeRetriever', inputs)
    expect(asked.map(contentOf)[0]).toMatch(expected)
  })

  test('of a kind that does not exist is refused by name', async () => {
    const failure = await failureOf(found('HydeRetriever', { promptKey: 'poem' }))
    expect(failure.message).toMatch(
      /"Retriever" \(retriever\).*"promptKey" must be one of websearch/,
    )
  })
})

describe('several wordings', () => {
  test.each([
    ['one a line', 'hats?\nrain?', ['socks', 'hats?', 'rain?']],
    ['in a list', '1. hats?\n- rain?\n', ['socks', 'hats?', 'rain?']],
    ['between marks', '<questions>\nhats?\nrain?\n</questions>', ['socks', 'hats?', 'rain?']],
    ['too many', 'hats?\nrain?\nsnow?\nice?', ['socks', 'hats?', 'rain?', 'snow?']],
  ])('%s are all looked for, and each document is found once', async (...[, said, expected]) => {
    script(provider, [said, 'answer'])
    const { ports, searches } = shelf()
    const documents = await found('multiQueryRetriever', {}, { ports })
    expect(searches.toSorted()).toEqual(expected.toSorted())
    expect(documents.toSorted()).toEqual(texts.toSorted())
  })

  test('rank what stands high in several lists first', async () => {
    script(provider, ['hats?\nsocks and hats?', 'answer'])
    const flow = wire([...drawn('RRFRetriever', { topK: 2, c: 1 }), qa])
    const { sourceDocuments, usage } = await run(flow, told())
    expect(sourceDocuments).toEqual([
      {
        pageContent: 'Socks and hats are clothes.',
        metadata: { at: 2, relevancy_score: 1 / 3 + 1 / 3 + 1 / 2 },
      },
      { pageContent: 'Socks are warm.', metadata: { at: 0, relevancy_score: expect.any(Number) } },
    ])
    expect(usage).toEqual(priceOf(2))
  })

  test('are as many as the base finds where the author does not say', async () => {
    script(provider, ['hats?', 'answer'])
    const base = store('retriever', { topK: 2 }, 'two')
    const flow = wire([base, ...drawn('RRFRetriever', { baseRetriever: instance('two') }), qa])
    expect((await run(flow, told())).sourceDocuments).toHaveLength(2)
  })

  test('are not asked for when nothing is found', async () => {
    const asked = script(provider, ['I do not know.'])
    const { ports } = library([], [])
    expect(await found('RRFRetriever', {}, { ports })).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

describe('a filter', () => {
  test('by a model keeps what it copies out of each document', async () => {
    const reply = (asked: Asked) => {
      const content = contentOf(asked)
      if (content.includes('rains')) return ' NO_OUTPUT.'
      return content.includes('wide') ? '帽子' : 'a part'
    }
    const asked = script(provider, [reply, reply, reply, reply, 'answer'])
    expect(await found('llmFilterRetriever')).toEqual(['a part', 'a part', '帽子'])
    expect(contentOf(asked[0] ?? { messages: [] })).toMatch(/Question: socks\n\nDocument:\n/)
  })

  test.each([
    [
      'what is near',
      { similarityThreshold: 0.5 },
      ['Socks are warm.', 'Socks and hats are clothes.'],
    ],
    ['so many at most', { similarityThreshold: 0.5, k: 1 }, ['Socks are warm.']],
    ['nothing by default but what is very near', {}, ['Socks are warm.']],
  ])('by meaning lets through %s, nearest first', async (...[, inputs, expected]) => {
    script(provider, ['answer'])
    expect(await found('embeddingsFilterRetriever', inputs)).toEqual(expected)
  })

  test('by score leaves out what is not near enough', async () => {
    script(provider, ['answer'])
    const near = await found('similarityThresholdRetriever', { minSimilarityScore: 50 })
    expect(near).toEqual(['Socks are warm.', 'Socks and hats are clothes.'])
  })
})

describe('metadata that a model reads out of the question', () => {
  const rows = JSON.stringify([
    { key: 'color', type: 'Enum', enumValues: 'red, blue', description: 'Its colour' },
    { key: 'tags', type: 'String Array' },
    { key: 'size', type: 'Number' },
  ])
  const inputs = {
    dynamicMetadataFilterRetrieverPrompt: 'Read {{query}} and {{query}}',
    dynamicMetadataFilterRetrieverStructuredOutput: rows,
    topK: 2,
  }
  const watched = () => {
    const wanted: ChunkQuery[] = []
    const { embedLocally, vectors } = shelf().ports
    const search: typeof vectors.search = async (place, query) => {
      wanted.push(query)
      return vectors.search(place, query)
    }
    return { wanted, ports: { embedLocally, vectors: { ...vectors, search } } }
  }

  test('narrows the search; what it does not say, or nobody asked for, does not', async () => {
    const said = { color: 'red', tags: [], size: null, owner: 'me', constructor: 1 }
    const asked = script(provider, [JSON.stringify(said), 'answer'])
    const { wanted, ports } = watched()
    await found('extractMetadataRetriever', inputs, { ports })
    expect(wanted).toMatchObject([{ limit: 2, filter: { color: 'red' } }])
    expect(Object.keys(wanted[0]?.filter ?? {})).toEqual(['color'])
    expect(asked[0]?.messages.at(-1)).toEqual({ role: 'user', content: 'Read socks and socks' })
    expect(asked.map(contentOf)[0]).toContain('"enum":["red","blue"]')
  })

  test('changes nothing of what a tool has fixed', async () => {
    const replies = [call('look', { input: 'red socks' }), '{"color":"red","size":3}', 'answer']
    script(provider, replies)
    const { wanted, ports } = watched()
    const tool = {
      id: 'tool',
      name: 'retrieverTool',
      inputs: {
        name: 'look',
        retriever: instance('retriever'),
        retrieverToolMetadataFilter: '{"color":"blue"}',
      },
    }
    const agent = {
      id: 'end',
      name: 'toolAgent',
      category: 'Agents',
      inputs: { model: instance('model'), tools: [instance('tool')] },
    }
    await run(wire([...drawn('extractMetadataRetriever', inputs), tool, agent]), told({ ports }))
    expect(wanted[0]?.filter).toEqual({ color: 'blue', size: 3 })
  })

  test('is not asked for without fields', async () => {
    const asked = script(provider, ['answer'])
    const { wanted, ports } = watched()
    const none = { ...inputs, dynamicMetadataFilterRetrieverStructuredOutput: '' }
    await found('extractMetadataRetriever', none, { ports })
    expect(asked).toHaveLength(1)
    expect(wanted[0]).not.toHaveProperty('filter')
  })
})

describe('a form of the author’s', () => {
  test('is what each document is written in', async () => {
    script(provider, ['answer'])
    const resultFormat = '{{context}} ({{metadata.at}}, {{metadata.page.no}}) {{context}}'
    expect(await found('customRetriever', { resultFormat, topK: 1 })).toEqual([
      'Socks are warm. (0, {{metadata.page.no}}) Socks are warm.',
    ])
  })

  test('is not looked for in what a document holds', async () => {
    script(provider, ['answer'])
    const { ports } = library(['{{metadata.at}} socks $&'], ['socks'])
    const inputs = { resultFormat: '<{{context}}>', topK: 1 }
    expect(await found('customRetriever', inputs, { ports })).toEqual([
      '<{{metadata.at}} socks $&>',
    ])
  })
})

describe('a retriever’s outputs', () => {
  const prompted = (output: string, query = '') => {
    const prompt = {
      id: 'p',
      name: 'promptTemplate',
      inputs: { template: 'From {docs}', promptValues: `{"docs":"${instance('retriever')}"}` },
    }
    const chain = {
      id: 'end',
      name: 'llmChain',
      category: 'Chains',
      inputs: { model: instance('model'), prompt: instance('p') },
    }
    const inputs = { topK: 2, query, resultFormat: '<{{context}}>' }
    return wire([...drawn('customRetriever', inputs, { output }), prompt, chain])
  }

  test.each([
    ['text', 'user: From <Socks are warm.>\n<Socks and hats are clothes.>'],
    [
      'document',
      'user: From [{"pageContent":"<Socks are warm.>","metadata":{"at":0}},' +
        '{"pageContent":"<Socks and hats are clothes.>","metadata":{"at":2}}]',
    ],
  ])('%s stand in prompts', async (output, expected) => {
    const asked = script(provider, ['answer'])
    await run(prompted(output), told())
    expect(linesOf(asked[0])).toEqual([expected])
  })

  test('are found by the query of the node, which may hold the question', async () => {
    script(provider, ['answer'])
    const { ports, searches } = shelf()
    await run(prompted('text', 'no {{question}}, but rain'), told({ ports }))
    expect(searches).toEqual(['no socks, but rain'])
  })

  test('fill another store', async () => {
    script(provider, ['answer'])
    const saved: string[] = []
    const { embedLocally, vectors } = shelf().ports
    const other = store('retriever', { document: [instance('retriever')] }, 'other')
    const flow = wire([
      ...drawn('customRetriever', { topK: 1 }, { output: 'document' }),
      other,
      { ...qa, inputs: { ...qa.inputs, vectorStoreRetriever: instance('other') } },
    ])
    const ports = {
      embedLocally,
      vectors: {
        ...vectors,
        // A store in memory is filled when it is found empty.
        search: async (place: VectorPlace, query: ChunkQuery) =>
          place.namespace === 'other' ? [] : vectors.search(place, query),
        open: async (...how: Parameters<Ports['vectors']['open']>) => ({
          ...(await keepsNothing(...how)),
          add: async (chunks: readonly WrittenChunk[]) => {
            saved.push(...chunks.map(({ content }) => content))
          },
        }),
      },
    }
    await run(flow, told({ ports }))
    expect(saved).toEqual(['Socks are warm.\nSource: {{metadata.source}}'])
  })
})

describe('an agent that is shown documents', () => {
  const flow = (inputs: Record<string, unknown>) =>
    wire([
      model(),
      embeddings,
      store('retriever', { topK: 1 }, 'found'),
      { id: 'calculator', name: 'calculator' },
      { id: 'memory', name: 'bufferMemory', category: 'Memory' },
      {
        id: 'end',
        name: 'conversationalRetrievalToolAgent',
        category: 'Agents',
        inputs: {
          model: instance('model'),
          memory: instance('memory'),
          tools: [instance('calculator')],
          vectorStoreRetriever: instance('found'),
          systemMessage: 'Know {context}!',
          ...inputs,
        },
      },
    ])
  const history = async () => [{ role: 'userMessage' as const, content: 'Hello' }]

  test('looks for the question on its own, and works with tools', async () => {
    const replies = ['rain?', call('calculator', { input: '6*7' }), '42 drops']
    const asked = script(provider, replies)
    const { ports, searches } = shelf()
    const drawnFlow = flow({ rephrasePrompt: '{chat_history} / {question}' })
    const result = await run(drawnFlow, told({ ports: { ...ports, history } }))
    expect(linesOf(asked[0])).toEqual(['user: Human: Hello / socks'])
    expect(searches).toEqual(['rain?'])
    expect(linesOf(asked[1])).toEqual([
      "system: Know <doc id='0'>It rains.</doc>!",
      'user: Hello',
      'user: socks',
    ])
    expect(linesOf(asked[2]).at(-1)).toBe('tool: 42')
    expect(result).toMatchObject({ text: '42 drops', usedTools: [{ tool: 'calculator' }] })
  })

  test('looks for the question as it is where nothing says how to reword it', async () => {
    const asked = script(provider, ['warm'])
    const { ports, searches } = shelf()
    await run(flow({}), told({ ports: { ...ports, history } }))
    expect(searches).toEqual(['socks'])
    expect(linesOf(asked[0])[0]).toMatch(/^system: Know <doc id='0'>Socks/)
  })
})
