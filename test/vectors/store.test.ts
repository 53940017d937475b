import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  dataUri,
  qaFlow,
  startBoth,
  startEmbedder,
  upsert,
  type Sourced,
  type UpsertAnswer,
} from './harness.ts'

let both: Awaited<ReturnType<typeof startBoth>>
let embedder: Awaited<ReturnType<typeof startEmbedder>>

beforeAll(async () => {
  embedder = await startEmbedder()
  both = await startBoth({ env: { EGRESS_ALLOW: embedder.host } })
  both.mock.onMessage(/./, { content: 'Said.' })
})
afterAll(async () => {
  await both.close()
  embedder.stop()
})

const notes = [
  'Socks are returned within thirty days of the purchase.',
  'Shipping to Norway takes four working days by boat.',
  'The shop in Bergen opens at nine in the morning.',
].join('\n\n')

const file = { inputs: { txtFile: dataUri(notes) } }

async function ask(id: string, question: string, token = both.app.owner.token) {
  return both.app.rest<{ sourceDocuments: Sourced[]; message: string }>(
    'POST',
    `/prediction/${id}`,
    { token, body: { question } },
  )
}

const chunks = async (workspaceId: string) =>
  both.app.app.deps.database.rows<{ content: string }>(
    both.app.app.deps.database.workspaceEm({ workspaceId }),
    'select content from vector_chunk',
  )

describe('a vector store', () => {
  it('that is empty fills itself from its loader where flows expect it in memory', async () => {
    const flow = await both.app.addFlow({ flowData: qaFlow(both.baseUrl, { loader: file }) })
    const question = 'The shop in Bergen opens at nine in the morning.'
    const answer = await ask(flow.id, question)
    expect(answer.body.sourceDocuments.map(({ pageContent }) => pageContent)).toEqual([question])
  })

  it.each(['faiss', 'pinecone', 'postgres', 'chroma', 'qdrant'])(
    '%s keeps its chunks here, and finds nothing before an upsert',
    async (name) => {
      const store = { name }
      const flow = await both.app.addFlow({
        flowData: qaFlow(both.baseUrl, { loader: file, store }),
      })
      expect((await ask(flow.id, 'Anything?')).body.sourceDocuments).toEqual([])
      expect((await upsert(both, flow.id)).body.numAdded).toBe(3)
      expect((await ask(flow.id, 'Anything?')).body.sourceDocuments).toHaveLength(1)
    },
  )

  it('picks what differs when asked to', async () => {
    const store = { name: 'pinecone', inputs: { searchType: 'mmr', topK: '2', lambda: '0.5' } }
    const flow = await both.app.addFlow({
      flowData: qaFlow(both.baseUrl, { loader: file, store }),
    })
    await upsert(both, flow.id)
    const { body } = await ask(flow.id, 'Shipping to Norway takes four working days by boat.')
    expect(body.sourceDocuments).toHaveLength(2)
    expect(body.sourceDocuments[0]?.pageContent).toContain('Norway')
  })

  it('finds only what has the metadata asked for', async () => {
    const loader = { inputs: { ...file.inputs, metadata: '{"shop":{"town":"Bergen"}}' } }
    const store = (town: string) => ({
      name: 'pinecone',
      inputs: { pineconeMetadataFilter: JSON.stringify({ shop: { town } }) },
    })
    const flowData = qaFlow(both.baseUrl, { loader, store: store('Bergen') })
    const flow = await both.app.addFlow({ flowData })
    await upsert(both, flow.id)
    expect((await ask(flow.id, 'Anything?')).body.sourceDocuments).toHaveLength(1)
    const changed = qaFlow(both.baseUrl, { loader, store: store('Oslo') })
    const { token } = both.app.owner
    await both.app.rest('PUT', `/chatflows/${flow.id}`, { token, body: { flowData: changed } })
    expect((await ask(flow.id, 'Anything?')).body.sourceDocuments).toEqual([])
  })

  it('takes vectors of one model and length only', async () => {
    const { app, baseUrl } = both
    const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader: file }) })
    await upsert(both, flow.id)
    const { token } = app.owner
    const embeddings = { modelName: 'text-embedding-3-small' }
    const flowData = qaFlow(baseUrl, { loader: file, embeddings })
    await app.rest('PUT', `/chatflows/${flow.id}`, { token, body: { flowData } })
    const refused = await upsert(both, flow.id)
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain('filled by the embedding model text-embedding-ada-002')
    expect((await ask(flow.id, 'Anything?')).status).toBe(422)
  })

  it('is as before when the provider fails half-way', async () => {
    const { app } = both
    const many = Array.from({ length: 450 }, (_, at) => `Line ${at}.`.padEnd(50, '.')).join('\n\n')
    const flow = await app.addFlow({
      flowData: qaFlow(embedder.baseUrl, { loader: { inputs: { txtFile: dataUri(many) } } }),
    })
    const before = (await chunks(app.owner.workspaceId)).length
    // They come two hundred at a time: the last are refused when the first have been written.
    embedder.state.most = 400
    const refused = await upsert(both, flow.id)
    expect(embedder.state.texts).toBe(450)
    expect(refused.status).toBe(502)
    expect(await chunks(app.owner.workspaceId)).toHaveLength(before)
    embedder.state.most = Infinity
    expect((await upsert(both, flow.id)).body.numAdded).toBe(450)
  })

  it('shows another workspace nothing, and goes with its flow', async () => {
    const { app, baseUrl } = both
    const stranger = await app.addPerson()
    const theirs = await app.addFlow(
      { flowData: qaFlow(baseUrl, { loader: file }) },
      stranger.token,
    )
    const done = await upsert({ app, token: stranger.token }, theirs.id)
    expect(done.body.numAdded).toBe(3)
    expect(await chunks(stranger.workspaceId)).toHaveLength(3)
    expect((await upsert(both, theirs.id)).status).toBe(404)
    const foreign = await app.app.deps.database.rows<{ content: string }>(
      app.app.deps.database.workspaceEm({ workspaceId: app.owner.workspaceId }),
      `select content from vector_chunk where workspace_id = ?`,
      [stranger.workspaceId],
    )
    expect(foreign).toEqual([])
    await app.rest('DELETE', `/chatflows/${theirs.id}`, { token: stranger.token })
    expect(await chunks(stranger.workspaceId)).toEqual([])
  })

  it('adds each chunk once when two upserts meet', async () => {
    const { app, baseUrl } = both
    const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader: file }) })
    const answers = await Promise.all([1, 2, 3].map(() => upsert(both, flow.id)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const sum = (name: keyof UpsertAnswer) =>
      answers.reduce((total, { body }) => total + Number(body[name]), 0)
    expect([sum('numAdded'), sum('numSkipped')]).toEqual([3, 6])
  })
})

describe('local embeddings', () => {
  it('answer without any provider of embeddings', async () => {
    const { app, baseUrl } = both
    const flow = qaFlow(baseUrl, { loader: file })
    const nodes = flow.nodes.map((node) =>
      node.id === 'openAIEmbeddings_0'
        ? { ...node, data: { ...node.data, name: 'localEmbeddings', inputs: {} } }
        : node,
    )
    const { id } = await app.addFlow({ flowData: { ...flow, nodes } })
    const done = await upsert(both, id)
    expect(done.body.numAdded).toBe(3)
    const answer = await ask(id, 'How long does delivery take?')
    expect(answer.body.sourceDocuments[0]?.pageContent).toContain('Shipping')
  }, 60_000)
})
