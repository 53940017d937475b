import { startApp, type Answer, type Row, type TestApp } from '../harness.ts'
import { startEmbedder, type Sourced } from '../vectors/harness.ts'

export const embedderKey = 'sk-live-0123456789abcdefghijKLMN'

export interface Loader extends Row {
  readonly status: string
  readonly totalChunks: number
  readonly totalChars: number
  readonly loaderConfig: Readonly<Record<string, unknown>>
  readonly files: readonly { name: string; size: number }[]
}

export interface Store extends Row {
  readonly status: string
  readonly totalChunks: number
  readonly loaders: readonly Loader[]
  readonly whereUsed: readonly Row[]
  readonly embeddingConfig: { name: string; config: Record<string, unknown> } | null
}

export interface Chunks {
  readonly count: number
  readonly chunks: readonly (Sourced & { id: string; chunkNo: number; docId: string })[]
}

export interface Upserted {
  readonly docId: string
  readonly numAdded: number
  readonly numUpdated: number
  readonly numSkipped: number
  readonly numDeleted: number
  readonly store: string
  readonly message?: string
}

export interface Found {
  readonly timeTaken: number
  readonly docs: readonly (Sourced & { score: number })[]
}

/** The server beside a provider of embeddings that it may call. */
export async function startStores({ egress = '', expectsBugs = false } = {}) {
  const embedder = await startEmbedder()
  const hosts = [embedder.host, egress].filter((host) => host !== '')
  const app = await startApp({ env: { EGRESS_ALLOW: hosts.join(',') }, expectsBugs })
  const as =
    (token: string | null) =>
    async <T = Row>(
      method: string,
      path: string,
      body?: object,
    ): Promise<Answer<T & { message: string }>> =>
      app.rest<T & { message: string }>(method, `/document-store${path}`, {
        token,
        ...(body === undefined ? {} : { body }),
      })
  const call = as(app.owner.token)
  return {
    app,
    embedder,
    call,
    /** Calls as somebody else. */
    as,
    embedding: {
      embeddingName: 'openAIEmbeddings',
      embeddingConfig: { basepath: embedder.baseUrl, openAIApiKey: embedderKey },
    },
    makeStore: async (name = 'Handbook', token = app.owner.token) =>
      (await as(token)<Store>('POST', '/store', { name })).body,
    read: async (id: string) => (await call<Store>('GET', `/store/${id}`)).body,
    upload: (id: string, files: readonly UploadedFile[], fields: object = {}) =>
      upload(app, `/upsert/${id}`, { files, fields }),
    close: async () => {
      await app.close()
      embedder.stop()
    },
  }
}

export type Stores = Awaited<ReturnType<typeof startStores>>
export type UploadedFile = readonly [name: string, content: string | Buffer]

/** Sends a form. */
async function upload(
  app: TestApp,
  path: string,
  { files, fields }: { readonly files: readonly UploadedFile[]; readonly fields: object },
) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  for (const [name, content] of files) {
    form.append('files', new Blob([new Uint8Array(Buffer.from(content))]), name)
  }
  const request = new Request(`http://flowgate.test/api/v1/document-store${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.owner.token}` },
    body: form,
  })
  const response = await app.app.fetch(request, { address: '192.0.2.1' })
  return { status: response.status, body: (await response.json()) as Upserted }
}

export const handbook = [
  'Socks are returned within thirty days of the purchase.',
  'Shipping to Norway takes four working days by boat.',
  'The shop in Bergen opens at nine in the morning.',
].join('\n\n')

/** A loader of a text, cut into its paragraphs. */
export const textLoader = (text = handbook) => ({
  loaderId: 'plainText',
  loaderName: 'Notes',
  loaderConfig: { text },
  splitterId: 'recursiveCharacterTextSplitter',
  splitterConfig: { chunkSize: 60, chunkOverlap: 0 },
})
