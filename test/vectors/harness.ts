import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { LLMock } from '@copilotkit/aimock'
import { startApp, type StartOptions, type TestApp } from '../harness.ts'

export interface Drawn {
  readonly id: string
  readonly name: string
  readonly category: string
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly output?: string
  readonly credential?: string
}

export interface Sourced {
  readonly pageContent: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface UpsertAnswer {
  readonly numAdded: number
  readonly numUpdated: number
  readonly numSkipped: number
  readonly numDeleted: number
  readonly addedDocs: readonly Sourced[]
  readonly error?: string
  readonly message?: string
}

/** The server beside a fake provider that it may call. */
export async function startBoth(options: StartOptions = {}) {
  const mock = new LLMock({ port: 0 })
  await mock.start()
  const hosts = [new URL(mock.url).host, options.env?.['EGRESS_ALLOW'] ?? []].flat()
  const env = { ...options.env, EGRESS_ALLOW: hosts.join(',') }
  const app = await startApp({ ...options, env })
  return {
    app,
    mock,
    baseUrl: `${mock.url}/v1`,
    close: async () => {
      await app.close()
      await mock.stop()
    },
  }
}

/** A provider of embeddings that can be held up, or made to fail. */
export async function startEmbedder() {
  const state = {
    texts: 0,
    /** Requests that have come. */
    asked: 0,
    /** What every request waits for that has a text to be held up. */
    gate: Promise.resolve(),
    isHeld: (_text: string): boolean => true,
    /** After so many texts it answers 400. */
    most: Number.POSITIVE_INFINITY,
    dimensions: 32,
    /** As the last request had it. */
    authorization: undefined as string | undefined,
  }
  const server = createServer((request, response) => {
    void (async () => {
      const { input } = (await json(request)) as { input: string[] }
      state.asked += 1
      if (input.some(state.isHeld)) await state.gate
      state.authorization = request.headers.authorization
      state.texts += input.length
      const isOver = state.texts > state.most
      response.writeHead(isOver ? 400 : 200, { 'content-type': 'application/json' })
      const data = input.map((text, index) => ({
        index,
        embedding: vectorOf(text, state.dimensions),
      }))
      response.end(JSON.stringify(isOver ? { error: { message: 'enough' } } : { data }))
    })()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { state, host, baseUrl: `http://${host}/v1`, stop: () => server.close() }
}

/** The letters of a text, counted: texts that are alike have vectors that are. */
function vectorOf(text: string, dimensions: number): number[] {
  const counts = Array.from({ length: dimensions }, () => 0.01)
  for (const letter of text.toLowerCase()) {
    const at = letter.charCodeAt(0) % 32
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

/** `flowData` of nodes; edges follow from what their inputs refer to. */
export function draw(nodes: readonly Drawn[]) {
  return {
    nodes: nodes.map(({ output, ...data }) => ({
      id: data.id,
      type: 'customNode',
      data: { ...data, label: data.name, outputs: output ? { output } : {} },
    })),
    edges: nodes.flatMap(({ id, inputs }) =>
      [...JSON.stringify(inputs ?? {}).matchAll(/\{\{([^{}.]+)\.data\.instance/g)].map(
        ([, source]) => ({ source, target: id, sourceHandle: '' }),
      ),
    ),
  }
}

export const dataUri = (text: string, name = 'notes.txt', mime = 'text/plain'): string =>
  `data:${mime};base64,${Buffer.from(text).toString('base64')},filename:${name}`

/** Loader → splitter → embeddings → store → chain that answers with its sources. */
export function qaFlow(
  baseUrl: string,
  changes: {
    readonly loader?: Partial<Drawn>
    readonly store?: Partial<Drawn>
    readonly embeddings?: Record<string, unknown>
    readonly splitter?: Record<string, unknown>
    readonly more?: readonly Drawn[]
  } = {},
) {
  return draw([
    ...(changes.more ?? []),
    {
      id: 'textFile_0',
      name: 'textFile',
      category: 'Document Loaders',
      output: 'document',
      ...changes.loader,
      inputs: {
        textSplitter: '{{recursiveCharacterTextSplitter_0.data.instance}}',
        ...changes.loader?.inputs,
      },
    },
    {
      id: 'recursiveCharacterTextSplitter_0',
      name: 'recursiveCharacterTextSplitter',
      category: 'Text Splitters',
      inputs: { chunkSize: 60, chunkOverlap: 0, ...changes.splitter },
    },
    {
      id: 'openAIEmbeddings_0',
      name: 'openAIEmbeddings',
      category: 'Embeddings',
      inputs: { basepath: baseUrl, openAIApiKey: 'sk-test-123456', ...changes.embeddings },
    },
    {
      id: 'store_0',
      name: 'memoryVectorStore',
      category: 'Vector Stores',
      output: 'retriever',
      ...changes.store,
      inputs: {
        document: ['{{textFile_0.data.instance}}'],
        embeddings: '{{openAIEmbeddings_0.data.instance}}',
        topK: '1',
        ...changes.store?.inputs,
      },
    },
    {
      id: 'chatOpenAI_0',
      name: 'chatOpenAI',
      category: 'Chat Models',
      inputs: { modelName: 'gpt-4o-mini', basepath: baseUrl, openAIApiKey: 'sk-test-123456' },
    },
    {
      id: 'conversationalRetrievalQAChain_0',
      name: 'conversationalRetrievalQAChain',
      category: 'Chains',
      inputs: {
        model: '{{chatOpenAI_0.data.instance}}',
        vectorStoreRetriever: '{{store_0.data.instance}}',
        returnSourceDocuments: true,
      },
    },
  ])
}

export async function upsert(
  { app, token = app.owner.token }: { readonly app: TestApp; readonly token?: string | null },
  id: string,
  body: object = {},
) {
  return app.rest<UpsertAnswer>('POST', `/vector/upsert/${id}`, { token, body })
}
