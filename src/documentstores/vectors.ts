import { isDeepStrictEqual } from 'node:util'
import { loadEngine } from '../chatflows/engine.ts'
import { tellWhile, type Teller } from '../chatflows/telling.ts'
import type { Ctx } from '../context.ts'
import type { Told } from '../core/event-queue.ts'
import { tenantEm } from '../db/tenant.ts'
import type { SourceDocument } from '../engine/node/events.ts'
import type { LoadedDocument } from '../engine/node/instances.ts'
import type { ChunkWriter } from '../engine/node/ports.ts'
import type { UpsertResult } from '../engine/node/result.ts'
import { removeStoreVectors } from '../vectors/removal.ts'
import { DocumentLoader, type DocumentStore } from './entity.ts'
import { storedDocuments } from './port.ts'
import { readNode } from './settings.ts'
import { readChunks, sourcesOf, type ChunkSource } from './stored-chunks.ts'
import { underway, type Work } from './underway.ts'
import { upserting } from './upserting.ts'
import { findLoader, findStore, loadersOf, storeView, type StoreView } from './views.ts'

/** Where a store keeps its vectors, and what makes them; what is absent stays as it is stored. */
export interface VectorSettings {
  readonly embeddingName?: string | null | undefined
  readonly embeddingConfig?: unknown
  readonly vectorStoreName?: string | null | undefined
  readonly vectorStoreConfig?: unknown
  readonly recordManagerName?: string | null | undefined
  readonly recordManagerConfig?: unknown
}

/** Chooses embeddings, vector store and record manager. Throws NOT_FOUND, BAD_REQUEST. */
export async function configureDocumentStore(
  ctx: Ctx,
  input: VectorSettings & { storeId: string },
): Promise<StoreView> {
  const store = await findStore(tenantEm(ctx), input.storeId)
  await saveSettings(ctx, await withSettings(store, input))
  return storeView(ctx, store.id)
}

export interface FillInput extends VectorSettings {
  readonly storeId: string
  readonly docId?: string | null | undefined
}

/** What came of filling the vectors of a store. */
export interface StoreUpsert extends UpsertResult {
  /** The loader whose chunks they are; null for all. */
  readonly docId: string | null
}

/**
 * Brings the chunks of a store, or of one loader, into its vector store: all or none. Settings that
 * come along are stored when it succeeded.
 * Throws NOT_FOUND, BAD_REQUEST, RATE_LIMITED, UNPROCESSABLE without embeddings, UPSTREAM.
 */
export async function fillDocumentStore(
  ctx: Ctx,
  input: FillInput,
  listener?: Teller,
): Promise<StoreUpsert> {
  const found = await findStore(tenantEm(ctx), input.storeId)
  const store = await withSettings(found, input)
  const loaders = await chosenLoaders(ctx, store, input.docId ?? null)
  return underway(ctx, { storeId: store.id, listener }, async (work) => {
    const sources = sourcesOf(loaders)
    const result = await upserting(ctx, store, () => fillFrom(ctx, { store, sources }, work))
    await saveSettings(ctx, store)
    for (const { id, updatedDate } of loaders) {
      // What was changed meanwhile is not in the vector store as it is.
      const unchanged = { id, updatedDate, status: 'SYNC' } as const
      await tenantEm(ctx).nativeUpdate(DocumentLoader, unchanged, { isUpserted: true })
    }
    return { ...result, docId: input.docId ?? null }
  })
}

/** The same, told while it happens: `upsertProgress`…, `result`. */
export async function tellFill(ctx: Ctx, input: FillInput): Promise<AsyncGenerator<Told>> {
  return tellWhile(ctx, async (teller) => [
    { event: 'result', data: await fillDocumentStore(ctx, input, teller) },
  ])
}

/** What was found, and how long it took. */
export interface Matches {
  /** Milliseconds. */
  readonly timeTaken: number
  readonly docs: readonly (SourceDocument & { readonly score: number })[]
}

/** The chunks nearest to a query. Throws NOT_FOUND, UNPROCESSABLE without embeddings, UPSTREAM. */
export async function searchDocumentStore(
  ctx: Ctx,
  input: { storeId: string; query: string; topK?: number | null | undefined },
): Promise<Matches> {
  const store = await findStore(tenantEm(ctx), input.storeId)
  return underway(ctx, { storeId: store.id }, async (work) => {
    const engine = await loadEngine()
    const start = performance.now()
    const request = { store: storedDocuments(store), ...work }
    const { query, topK } = input
    const wanted = topK == null ? { query } : { query, topK }
    const docs = await engine.searchDocumentStore(request, wanted)
    return { docs, timeTaken: Math.round(performance.now() - start) }
  })
}

/**
 * Takes the chunks of a store out of its vector store; of one loader, out of the vectors that this
 * server keeps. Throws NOT_FOUND, and what the vector store fails with.
 */
export async function emptyDocumentStore(
  ctx: Ctx,
  input: { storeId: string; docId?: string | null | undefined },
): Promise<{ numDeleted: number }> {
  const store = await findStore(tenantEm(ctx), input.storeId)
  const docId = input.docId ?? null
  const loaders = await chosenLoaders(ctx, store, docId)
  return underway(ctx, { storeId: store.id }, async (work) => {
    const elsewhere = docId === null ? await emptyElsewhere(store, work) : 0
    const numDeleted = await tenantEm(ctx).transactional(async (em) => {
      const ids = loaders.map(({ id }) => id)
      await em.nativeUpdate(DocumentLoader, { id: { $in: ids } }, { isUpserted: false })
      return removeStoreVectors(em, store.id, docId === null ? undefined : { docId })
    })
    return { numDeleted: numDeleted + elsewhere }
  })
}

/** Fills the vector store from chunks: with all or none. Throws as `fillDocumentStore` does. */
export async function fillFrom(
  { deps: { database } }: Ctx,
  { store, sources }: { readonly store: DocumentStore; readonly sources: readonly ChunkSource[] },
  work: Work,
): Promise<UpsertResult> {
  const { workspaceId } = store
  async function* load(): AsyncGenerator<readonly LoadedDocument[]> {
    for (const source of sources) yield* readChunks({ database, workspaceId }, source)
  }
  const engine = await loadEngine()
  return engine.fillDocumentStore({ store: storedDocuments(store), ...work }, load)
}

/** A store with settings that are not stored yet. Throws BAD_REQUEST. */
export async function withSettings(
  store: DocumentStore,
  input: VectorSettings,
): Promise<DocumentStore> {
  return {
    ...store,
    embeddingConfig: await readNode({
      role: 'embedding',
      name: input.embeddingName,
      config: input.embeddingConfig,
      stored: store.embeddingConfig ?? null,
    }),
    vectorStoreConfig: await readNode({
      role: 'vectorStore',
      name: input.vectorStoreName,
      config: input.vectorStoreConfig,
      stored: store.vectorStoreConfig ?? null,
    }),
    recordManagerConfig: await readNode({
      role: 'recordManager',
      name: input.recordManagerName,
      config: input.recordManagerConfig,
      stored: store.recordManagerConfig ?? null,
    }),
  }
}

/** Stores the settings of a store; where they differ, nothing is in its vector store as it is. */
export async function saveSettings(ctx: Ctx, store: DocumentStore): Promise<void> {
  const { id, embeddingConfig, vectorStoreConfig, recordManagerConfig } = store
  await tenantEm(ctx).transactional(async (em) => {
    const stored = await findStore(em, id)
    const differs = !isDeepStrictEqual(placeOf(stored), placeOf(store))
    em.assign(stored, { embeddingConfig, vectorStoreConfig, recordManagerConfig })
    await em.flush()
    if (differs) await em.nativeUpdate(DocumentLoader, { storeId: id }, { isUpserted: false })
  })
}

function placeOf({ embeddingConfig, vectorStoreConfig }: DocumentStore) {
  return [embeddingConfig ?? null, vectorStoreConfig ?? null]
}

/** Takes out what a service keeps; what this server keeps stays. Answers how many chunks it was. */
async function emptyElsewhere(store: DocumentStore, { ports, signal }: Work): Promise<number> {
  const { emptyDocumentStore: empty } = await loadEngine()
  const counts = { numAdded: 0, numUpdated: 0, numSkipped: 0, numDeleted: 0 }
  const untouched: ChunkWriter = {
    known: async () => new Set(),
    add: async () => undefined,
    commit: async () => counts,
    discard: async () => undefined,
  }
  const vectors = { ...ports.vectors, open: async () => untouched }
  const request = { store: storedDocuments(store), ports: { ...ports, vectors }, signal }
  return (await empty(request)).numDeleted
}

/** The loaders of a store, or one of them. Throws NOT_FOUND. */
async function chosenLoaders(
  ctx: Ctx,
  { id: storeId }: DocumentStore,
  docId: string | null,
): Promise<DocumentLoader[]> {
  const em = tenantEm(ctx)
  return docId === null ? loadersOf(em, storeId) : [await findLoader(em, { storeId, id: docId })]
}
