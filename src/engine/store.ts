import { Failure } from '../core/errors.ts'
import { openStore, ownVectors, partOf } from './documents/document-store.ts'
import { parseFlow } from './flow/flow.ts'
import type { Alone, NodeContext } from './node/context.ts'
import type { Emit, SourceDocument } from './node/events.ts'
import type { Documents, Embedder, LoadedDocument, RecordManager } from './node/instances.ts'
import type { NodeConfig, Ports, StoredDocuments } from './node/ports.ts'
import type { UpsertResult } from './node/result.ts'
import type { FileUpload } from './node/run-input.ts'
import { findNode } from './nodes/index.ts'
import { runFlow, tellable } from './run.ts'
import { prepareRun, type Run } from './run/context.ts'
import { aloneNode, nodeContext } from './run/node-context.ts'
import { createSecrets } from './text/secrets.ts'

/** Work on a document store. */
export interface StoreRequest {
  readonly store: Omit<StoredDocuments, 'chunks'>
  readonly ports: Ports
  readonly signal: AbortSignal
  /** Gets the events in order; must not throw. */
  readonly emit?: Emit
}

/** A loader of a document store, with the splitter behind it. */
export interface StoreLoader {
  readonly loader: NodeConfig
  readonly splitter: NodeConfig | null
  /** For a loader of files; without any it loads those in its settings. */
  readonly files: readonly FileUpload[]
}

/**
 * What a loader loads, cut by the splitter, some chunks at a time.
 * @throws Failure UNPROCESSABLE, naming the node, for settings that do not fit; BAD_REQUEST,
 *   UNSUPPORTED_MEDIA_TYPE or UNPROCESSABLE naming a file; what else a run throws.
 */
export async function* loadDocuments(
  request: StoreRequest,
  { loader, splitter, files }: StoreLoader,
): AsyncGenerator<readonly LoadedDocument[]> {
  const { store } = request
  const part = partOf(store, loader)
  const { run, told } = await begin(
    request,
    files.map((file) => ({ ...file, loader: part.id })),
  )
  try {
    const { buildAlone } = contextOf(run, part)
    const cut = splitter && (await buildAlone('splitter', partOf(store, splitter)))
    const config = { ...part.config, ...(cut && { textSplitter: cut }) }
    const documents = await buildAlone('documents', { ...part, config, output: 'document' })
    yield* documents.load()
  } catch (error) {
    throw told(error)
  }
}

/**
 * Brings documents into the vectors of a store. Without a record manager of its own, newer chunks of
 * a loader replace its older ones.
 * @throws Failure as `upsertFlow` does; then nothing is changed.
 */
export async function fillDocumentStore(
  request: StoreRequest,
  load: Documents['load'],
): Promise<UpsertResult> {
  const { embeddings, recordManager } = request.store
  if (embeddings === null) throw lacking(request, 'embeddings')
  return upsertInto(request, async ({ buildAlone }) => ({
    document: [{ kind: 'documents', load }],
    embeddings: await buildAlone('embedder', partOf(request.store, embeddings)),
    recordManager:
      recordManager === null
        ? byLoader
        : await buildAlone('recordManager', partOf(request.store, recordManager)),
  }))
}

/**
 * Takes out whatever is where the settings of a store say that its vectors are.
 * @throws Failure as `upsertFlow` does.
 */
export async function emptyDocumentStore(request: StoreRequest): Promise<UpsertResult> {
  const embeddings: Embedder = { kind: 'embedder', modelName: '', embed: async () => [] }
  // What an upsert of nothing does not bring again is everything.
  const recordManager: RecordManager = { ...byLoader, cleanup: 'full' }
  return upsertInto(request, async () => ({ document: [], embeddings, recordManager }))
}

/**
 * The chunks of a store nearest to a query, nearest first, with how near they are.
 * @throws Failure UNPROCESSABLE for a store without embeddings; what a run throws besides.
 */
export async function searchDocumentStore(
  request: StoreRequest,
  { query, topK }: { readonly query: string; readonly topK?: number },
): Promise<readonly (SourceDocument & { readonly score: number })[]> {
  const { store, signal } = request
  const { run, told } = await begin(request, [])
  try {
    const context = contextOf(run, partOf(store, store.vectorStore ?? ownVectors))
    const vectors = await openStore('vectorStore', store, context)
    return await vectors.search(query, { signal, ...(topK !== undefined && { topK }) })
  } catch (error) {
    throw told(error)
  }
}

/** Chunks of a document store tell their loader by this. */
const byLoader = { kind: 'recordManager', cleanup: 'incremental', sourceIdKey: 'docId' } as const

async function upsertInto(
  request: StoreRequest,
  inputs: (context: NodeContext) => Promise<Readonly<Record<string, unknown>>>,
): Promise<UpsertResult> {
  const part = partOf(request.store, request.store.vectorStore ?? ownVectors)
  const upsert = findNode(part.name)?.upsert
  if (upsert === undefined) throw lacking(request, 'vector store that can be filled')
  const { run, told } = await begin(request, [])
  try {
    const context = contextOf(run, part)
    return await upsert({ ...part.config, ...(await inputs(context)) }, context)
  } catch (error) {
    throw told(error)
  }
}

async function begin(
  { store, ports, signal, emit = () => undefined }: StoreRequest,
  files: NonNullable<Run['input']['files']>,
) {
  const secrets = createSecrets()
  // A store stands where a flow would: what is remembered for it is remembered under its id.
  const flow = parseFlow({ id: store.id, flowData: null })
  const run = await prepareRun(
    {
      flow: { ...flow, mentions: { variables: true, history: false } },
      owner: { kind: 'documentStore', id: store.id },
      input: { chatId: store.id, files },
      ports,
      signal,
      emit,
    },
    { secrets, spend: () => undefined, runFlow },
  )
  return { run, told: (error: unknown) => tellable(error, { signal, secrets }) }
}

function contextOf(run: Run, part: Alone): NodeContext {
  return nodeContext(run, aloneNode(part), { isLast: true, hasCredential: true })
}

function lacking({ store }: StoreRequest, what: string): Failure {
  return new Failure('UNPROCESSABLE', `The document store "${store.name}" has no ${what}.`)
}
