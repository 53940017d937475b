import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { principal, tenantEm } from '../db/tenant.ts'
import { takeFiles } from '../engine/documents/files.ts'
import type { SourceDocument } from '../engine/node/events.ts'
import type { NodeConfig } from '../engine/node/ports.ts'
import { readFiles } from '../vectors/input.ts'
import { removeStoreVectors } from '../vectors/removal.ts'
import { DocumentLoader, type DocumentStore } from './entity.ts'
import { changeLoader, loadWanted, restock, type Wanted } from './restock.ts'
import { readNode, requireFileLoader } from './settings.ts'
import { touchStore } from './staging.ts'
import { underway } from './underway.ts'
import { findLoader, findStore, loaderView, type LoaderView } from './views.ts'

/** A loader as it comes in; what is absent stays as it is stored. */
export interface LoaderInput {
  readonly loaderId?: string | null | undefined
  readonly loaderName?: string | null | undefined
  readonly loaderConfig?: unknown
  readonly splitterId?: string | null | undefined
  readonly splitterName?: string | null | undefined
  readonly splitterConfig?: unknown
  readonly files?: readonly unknown[] | null | undefined
}

interface OfStore {
  readonly storeId: string
  /** A loader that is there already. */
  readonly id?: string | null | undefined
}

/** Adds a loader to a store, or changes one. Throws NOT_FOUND, BAD_REQUEST, PAYLOAD_TOO_LARGE. */
export async function saveDocumentLoader(
  ctx: Ctx,
  input: OfStore & LoaderInput,
): Promise<LoaderView> {
  const { store, row } = await findBoth(ctx, input)
  const wanted = await readLoader(ctx, row, input)
  const id = await underway(ctx, { storeId: store.id }, () =>
    withRow(ctx, { store, row, wanted }, (own) => changeLoader(ctx, { row: own, wanted })),
  )
  return loaderView(ctx, id)
}

/**
 * Makes the chunks of a loader anew. Throws NOT_FOUND, RATE_LIMITED, and UNPROCESSABLE or UPSTREAM for
 * what cannot be loaded; then its chunks are those it had.
 */
export async function processDocumentLoader(ctx: Ctx, input: { id: string }): Promise<LoaderView> {
  const em = tenantEm(ctx)
  const row = await findLoader(em, input)
  const store = await findStore(em, row.storeId)
  await underway(ctx, { storeId: store.id }, (work) =>
    restock(ctx, { store, row, wanted: storedLoader(row) }, work),
  )
  return loaderView(ctx, row.id)
}

/** Removes a loader with its chunks, also from the vectors that this server keeps. Throws NOT_FOUND. */
export async function deleteDocumentLoader(
  ctx: Ctx,
  input: { storeId: string; id: string },
): Promise<{ id: string; deleted: boolean }> {
  const { id, storeId } = await findLoader(tenantEm(ctx), input)
  await tenantEm(ctx).transactional(async (em) => {
    await em.nativeDelete(DocumentLoader, { id })
    await removeStoreVectors(em, storeId, { docId: id })
    await touchStore(em, storeId)
  })
  return { id, deleted: true }
}

/** The first chunks that a loader would make. */
export interface Preview {
  readonly chunks: readonly SourceDocument[]
  readonly totalChunks: number
}

const shownAtFirst = 20

/** Loads and cuts as a loader would, and stores nothing. Throws as `processDocumentLoader` does. */
export async function previewDocumentLoader(
  ctx: Ctx,
  input: OfStore & LoaderInput & { previewChunkCount?: number | null | undefined },
): Promise<Preview> {
  const { store, row } = await findBoth(ctx, input)
  const wanted = await readLoader(ctx, row, input)
  return underway(ctx, { storeId: store.id }, async (work) => {
    const limit = input.previewChunkCount ?? shownAtFirst
    const chunks: SourceDocument[] = []
    let totalChunks = 0
    for await (const batch of loadWanted(ctx, { store, row, wanted }, work)) {
      totalChunks += batch.length
      const more = batch.slice(0, Math.max(0, limit - chunks.length))
      chunks.push(...more.map(({ pageContent, metadata }) => ({ pageContent, metadata })))
    }
    return { chunks, totalChunks }
  })
}

/** A loader as it is wanted: what is given, else what is stored. Throws BAD_REQUEST. */
export async function readLoader(
  ctx: Ctx,
  row: DocumentLoader | null,
  input: LoaderInput,
): Promise<Wanted> {
  const stored = row === null ? nothingStored : storedLoader(row)
  const loader = await readNode({
    role: 'loader',
    name: input.loaderId || undefined,
    config: input.loaderConfig,
    stored: stored.loader,
  })
  if (loader === null) {
    throw new Failure('BAD_REQUEST', 'Name a document loader, such as plainText or fileLoader.')
  }
  const splitter = await readNode({
    role: 'splitter',
    name: input.splitterId,
    config: input.splitterConfig,
    stored: stored.splitter,
  })
  const { config, files: drawn } = takeFiles(loader.config)
  const files = [...drawn, ...readFiles(ctx, input.files)]
  if (files.length > 0) await requireFileLoader(loader.name)
  return {
    loaderName: nameOf(loader, input.loaderName, stored.loaderName),
    loader: { name: loader.name, config },
    splitterName: splitter && nameOf(splitter, input.splitterName, stored.splitterName),
    splitter,
    files: files.length === 0 ? null : files,
  }
}

const nothingStored = { loader: null, splitter: null, loaderName: null, splitterName: null }

/** What people call a node. */
function nameOf(
  { name }: NodeConfig,
  given: string | null | undefined,
  stored: string | null,
): string {
  return given?.normalize('NFC') || stored || name
}

/** A loader as it is stored. */
export function storedLoader(row: DocumentLoader): Wanted {
  const { loaderName, loader, splitterName = null, splitter = null } = row
  return { loaderName, loader, splitterName, splitter, files: null }
}

/** Does something with a loader, and answers its id; one that is made for it goes where that fails. */
export async function withRow(
  ctx: Ctx,
  how: {
    readonly store: DocumentStore
    readonly row: DocumentLoader | null
    readonly wanted: Wanted
  },
  work: (row: DocumentLoader) => Promise<void>,
): Promise<string> {
  const row = how.row ?? (await addRow(ctx, how))
  try {
    await work(row)
  } catch (error) {
    if (how.row === null) await tenantEm(ctx).nativeDelete(DocumentLoader, { id: row.id })
    throw error
  }
  return row.id
}

async function addRow(
  ctx: Ctx,
  { store, wanted }: { readonly store: DocumentStore; readonly wanted: Wanted },
): Promise<DocumentLoader> {
  const em = tenantEm(ctx)
  const { files: _staged, ...settings } = wanted
  const row = em.create(DocumentLoader, {
    ...settings,
    workspaceId: principal(ctx).workspaceId,
    storeId: store.id,
    status: 'NEW',
    isUpserted: false,
    totalChunks: 0,
    totalChars: 0,
  })
  await em.persist(row).flush()
  return row
}

async function findBoth(ctx: Ctx, { storeId, id }: OfStore) {
  const em = tenantEm(ctx)
  const store = await findStore(em, storeId)
  return { store, row: id == null ? null : await findLoader(em, { storeId, id }) }
}
