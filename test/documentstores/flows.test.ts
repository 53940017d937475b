import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noRealFlows, realFlow } from '../engine/harness.ts'
import { call as callOf, script, type Asked } from '../engine/script.ts'
import { dataUri, draw, upsert, type Drawn, type Sourced } from '../vectors/harness.ts'
import { embedderKey, handbook, startStores, textLoader, type Stores } from './harness.ts'

let stores: Stores
let mock: LLMock
let store: string
let docId: string

beforeAll(async () => {
  mock = new LLMock({ port: 0 })
  await mock.start()
  stores = await startStores({ egress: new URL(mock.url).host })
  ;({ id: store, docId } = await filled())
})
afterAll(async () => {
  await stores.close()
  await mock.stop()
})

const [socks, shipping, hours] = handbook.split('\n\n')

/** A store whose chunks are in its vectors. */
async function filled(token = stores.app.owner.token) {
  const { makeStore, embedding } = stores
  const call = stores.as(token)
  const { id } = await makeStore('Shop', token)
  const loader = { storeId: id, ...textLoader() }
  const saved = await call('POST', '/loader/save', loader)
  await call('POST', `/loader/process/${saved.body.id}`)
  const vectorStore = { vectorStoreName: 'faiss', vectorStoreConfig: { topK: 1 } }
  const where = { storeId: id, ...embedding, ...vectorStore }
  await call('POST', '/vectorstore/insert', where)
  return { id, docId: saved.body.id }
}

interface Said {
  readonly text: string
  readonly message: string
  readonly sourceDocuments: readonly Sourced[]
  readonly agentFlowExecutedData: readonly {
    readonly nodeId: string
    readonly data: { readonly output: { readonly sourceDocuments?: readonly Sourced[] } }
  }[]
}

async function ask(flowData: unknown, question: string) {
  const flow = await stores.app.addFlow({ flowData })
  const { token } = stores.app.owner
  const answer = await stores.app.rest<Said>('POST', `/prediction/${flow.id}`, {
    token,
    body: { question },
  })
  return { ...answer, id: flow.id }
}

const teach = (...replies: Parameters<typeof script>[1]): Asked[] =>
  script({ mock } as Parameters<typeof script>[0], replies)

const contents = (documents: readonly Sourced[] | undefined) =>
  documents?.map(({ pageContent }) => pageContent)

const provider = () => ({ basepath: `${mock.url}/v1`, openAIApiKey: 'sk-test-123456' })

const model: Drawn = { id: 'model', name: 'chatOpenAI', category: 'Chat Models' }
const qa = (retriever: string): Drawn[] => [
  { ...model, inputs: { modelName: 'gpt-4o-mini', ...provider() } },
  {
    id: 'qa',
    name: 'conversationalRetrievalQAChain',
    category: 'Chains',
    inputs: {
      model: '{{model.data.instance}}',
      vectorStoreRetriever: `{{${retriever}.data.instance}}`,
      returnSourceDocuments: true,
    },
  },
]

const storeNode = (selectedStore: string, output = 'retriever'): Drawn => ({
  id: 'store',
  name: 'documentStoreVS',
  category: 'Vector Stores',
  output,
  inputs: { selectedStore },
})

describe.skipIf(noRealFlows !== undefined)(`real flows ${noRealFlows ?? ''}`, () => {
  it('Simple RAG: an agent asks the store', async () => {
    const flow = realFlow('agentflowsv2/Simple RAG.json', (name, inputs) => {
      if (name !== 'agentAgentflow') return {}
      const [row] = inputs['agentKnowledgeDocumentStores'] as object[]
      return {
        agentKnowledgeDocumentStores: [{ ...row, documentStore: `${store}:Shop` }],
        agentModelConfig: { ...(inputs['agentModelConfig'] as object), ...provider() },
      }
    })
    const asked = teach(callOf('shop', { input: socks }), 'Within thirty days.')
    const { body } = await ask(flow, 'May I return socks?')
    expect(body.text).toBe('Within thirty days.')
    expect(asked[0]?.tools?.map((tool) => tool.function.name)).toEqual(['shop'])
    expect(asked[1]?.messages.at(-1)).toMatchObject({ role: 'tool', content: socks })
    const agent = body.agentFlowExecutedData.find(({ nodeId }) => nodeId === 'agentAgentflow_0')
    expect(contents(agent?.data.output.sourceDocuments)).toEqual([socks])
  })

  it('Conversational Retrieval QA Chain: its vector store is filled from the store', async () => {
    const hats = 'Hats are made to measure.'
    const embeddings = { basepath: stores.embedder.baseUrl, openAIApiKey: embedderKey }
    const changes: Readonly<Record<string, object>> = {
      documentStore: { selectedStore: store },
      textFile: { txtFile: dataUri(hats) },
      openAIEmbeddings: embeddings,
      faiss: { topK: 1 },
      chatMistralAI: { overrideEndpoint: `${mock.url}/v1`, mistralAIAPIKey: 'k'.repeat(32) },
      conversationalRetrievalQAChain: { returnSourceDocuments: true },
    }
    const file = 'chatflows/Conversational Retrieval QA Chain.json'
    const flow = realFlow(file, (name) => ({ ...changes[name] }))
    teach('At nine.', 'To measure.')
    const { id } = await ask(flow, 'Anything?')
    const done = await upsert({ app: stores.app }, id)
    expect(done.body).toMatchObject({ numAdded: 4, numSkipped: 0 })
    expect((await upsert({ app: stores.app }, id)).body).toMatchObject({ numSkipped: 4 })
    teach('At nine.', 'To measure.')
    const { token } = stores.app.owner
    for (const [question, text] of [
      [hours, 'At nine.'],
      [hats, 'To measure.'],
    ] as const) {
      const answer = await stores.app.rest<Said>('POST', `/prediction/${id}`, {
        token,
        body: { question },
      })
      expect(answer.body.text).toBe(text)
      expect(contents(answer.body.sourceDocuments)).toEqual([question])
    }
  })
})

describe('a document store in a flow', () => {
  it.each([
    ['its id', () => store],
    ['its id and name', () => `${store}:Shop`],
  ])('is a retriever, named by %s', async (_what, selected) => {
    teach('By boat.')
    const { body } = await ask(draw([storeNode(selected()), ...qa('store')]), shipping ?? '')
    expect(body.text).toBe('By boat.')
    expect(contents(body.sourceDocuments)).toEqual([shipping])
    expect(body.sourceDocuments[0]?.metadata).toMatchObject({ docId })
  })

  it('is a vector store', async () => {
    teach('By boat.')
    const retriever: Drawn = {
      id: 'retriever',
      name: 'similarityThresholdRetriever',
      category: 'Retrievers',
      output: 'retriever',
      inputs: {
        vectorStore: '{{store.data.instance}}',
        minSimilarityScore: 99,
        maxK: 10,
        kIncrement: 2,
      },
    }
    const flow = draw([storeNode(store, 'vectorStore'), retriever, ...qa('retriever')])
    const { body } = await ask(flow, shipping ?? '')
    expect(contents(body.sourceDocuments)).toEqual([shipping])
  })

  it('is a text', async () => {
    const asked = teach('Said.')
    const prompt = { template: 'Of {doc} say something about {question}.' }
    const text: Drawn = {
      id: 'text',
      name: 'documentStore',
      category: 'Document Loaders',
      output: 'text',
      inputs: { selectedStore: store },
    }
    const flow = draw([
      text,
      { ...model, inputs: provider() },
      {
        id: 'prompt',
        name: 'promptTemplate',
        category: 'Prompts',
        inputs: { ...prompt, promptValues: '{"doc":"{{text.data.instance}}"}' },
      },
      {
        id: 'chain',
        name: 'llmChain',
        category: 'Chains',
        output: 'llmChain',
        inputs: { model: '{{model.data.instance}}', prompt: '{{prompt.data.instance}}' },
      },
    ])
    await ask(flow, 'socks')
    const shown = [socks, shipping, hours].join('\n')
    expect(asked[0]?.messages.at(-1)?.content).toBe(`Of ${shown} say something about socks.`)
  })

  it('is asked by a retriever node of an agentflow', async () => {
    const flow = {
      nodes: [
        { id: 'start_0', data: { id: 'start_0', name: 'startAgentflow' } },
        {
          id: 'retriever_0',
          data: {
            id: 'retriever_0',
            name: 'retrieverAgentflow',
            inputs: {
              retrieverKnowledgeDocumentStores: [{ documentStore: `${store}:Shop` }],
              retrieverQuery: '<p>{{ question }}</p>',
            },
            inputParams: [{ name: 'retrieverQuery', type: 'string', acceptVariable: true }],
          },
        },
      ],
      edges: [{ source: 'start_0', target: 'retriever_0', sourceHandle: '' }],
    }
    const { body } = await ask(flow, hours ?? '')
    expect(body.text).toBe(hours)
    const [, row] = body.agentFlowExecutedData
    expect(contents(row?.data.output.sourceDocuments)).toEqual([hours])
  })

  it('that is not there, or not here, is refused with the name of the node', async () => {
    const stranger = await stores.app.addPerson()
    const theirs = await filled(stranger.token)
    for (const id of ['', 'nonsense', '00000000-0000-7000-8000-000000000000', theirs.id]) {
      const { status, body } = await ask(draw([storeNode(id), ...qa('store')]), 'x')
      expect(status).toBe(422)
      expect(body.message).toContain('The node "documentStoreVS" (store) cannot run:')
      expect(body.message).toContain(id === '' ? 'No document store is chosen.' : id)
    }
  })

  it('without embeddings is refused with the name of the node', async () => {
    const { id } = await stores.makeStore('Bare')
    const { status, body } = await ask(draw([storeNode(id), ...qa('store')]), 'x')
    expect(status).toBe(422)
    expect(body.message).toBe(
      'The node "documentStoreVS" (store) cannot run: the document store "Bare" has no embeddings.',
    )
  })

  it('is not filled by the flow', async () => {
    const flow = await stores.app.addFlow({ flowData: draw([storeNode(store), ...qa('store')]) })
    const refused = await upsert({ app: stores.app }, flow.id)
    expect(refused.status).toBe(422)
    expect(refused.body.message).toBe('This flow has no vector store to fill.')
  })

  it('is told where it is used, also when it goes', async () => {
    const { id } = await filled()
    const flow = await stores.app.addFlow({
      name: 'Uses it',
      flowData: draw([storeNode(id), ...qa('store')]),
    })
    const named = [{ id: flow.id, flowName: 'Uses it' }]
    expect((await stores.read(id)).whereUsed).toMatchObject(named)
    const gone = await stores.call<{ chatFlows: unknown[] }>('DELETE', `/store/${id}`)
    expect(gone.body.chatFlows).toMatchObject(named)
    const { token } = stores.app.owner
    const body = { question: 'x' }
    const refused = await stores.app.rest('POST', `/prediction/${flow.id}`, { token, body })
    expect(refused.status).toBe(422)
  })
})
