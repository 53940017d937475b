import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { tellWhile, type Teller } from '../chatflows/telling.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { Told } from '../core/event-queue.ts'
import { tenantEm } from '../db/tenant.ts'
import type { NodeConfig } from '../engine/node/ports.ts'
import type { UpsertResult } from '../engine/node/result.ts'
import { removeStoreVectors } from '../vectors/removal.ts'
import { DocumentLoader, type DocumentStore } from './entity.ts'
import { keptFiles } from './files.ts'
import { readLoader, withRow } from './loaders.ts'
import { restock, type Wanted } from './restock.ts'
import { readObject } from './settings.ts'
import { underway, type Work } from './underway.ts'
import { upserting } from './upserting.ts'
import {
  fillFrom,
  saveSettings,
  withSettings,
  type StoreUpsert,
  type VectorSettings,
} from './vectors.ts'
import { findLoader, findStore, loadersOf } from './views.ts'

/** A loader to be upserted; nodes come as `{name, config}`. */
export interface UpsertItem {
  /** A loader that is there already. */
  readonly docId?: string | null | undefined
  readonly loader?: unknown
  readonly splitter?: unknown
  /** Added to the metadata of every chunk. */
  readonly metadata?: unknown
  readonly replaceExisting?: boolean | null | undefined
  readonly files?: readonly unknown[] | null | undefined
}

export interface UpsertInput extends UpsertItem {
  /** The store. */
  readonly id: string
  readonly embedding?: unknown
  readonly vectorStore?: unknown
  readonly recordManager?: unknown
}

/**
 * Adds a loader, or takes one that is there, makes its chunks and brings them into the vector store:
 * all of it, or nothing. With `docId` that loader's settings hold where none are given, and unless
 * `replaceExisting` is set it stays beside the new one.
 * Throws NOT_FOUND, BAD_REQUEST, RATE_LIMITED, UNPROCESSABLE, UPSTREAM.
 */
export async function upsertDocumentStore(
  ctx: Ctx,
  input: UpsertInput,
  listener?: Teller,
): Promise<StoreUpsert> {
  const found = await findStore(tenantEm(ctx), input.id)
  const store = await withSettings(found, vectorSettings(input))
  return underway(ctx, { storeId: store.id, listener }, (work) =>
    upserting(ctx, store, () => upsertOne(ctx, { store, item: input }, work)),
  )
}

/** The same, told while it happens: `upsertProgress`…, `result`. */
export async function tellUpsert(ctx: Ctx, input: UpsertInput): Promise<AsyncGenerator<Told>> {
  return tellWhile(ctx, async (teller) => [
    { event: 'result', data: await upsertDocumentStore(ctx, input, teller) },
  ])
}

/**
 * Loads every loader of a store, or those named, anew, and brings their chunks into the vector store:
 * of each loader all or none, one after the other. Throws as `upsertDocumentStore` does.
 */
export async function refreshDocumentStore(
  ctx: Ctx,
  input: { id: string; items?: unknown },
): Promise<StoreUpsert[]> {
  const em = tenantEm(ctx)
  const store = await findStore(em, input.id)
  const items = readItems(input.items) ?? (await everyItem(em, store))
  for (const { docId } of items) await findLoader(em, { storeId: store.id, id: docId })
  return underway(ctx, { storeId: store.id }, async (work) =>
    upserting(ctx, store, async () => {
      const results: StoreUpsert[] = []
      for (const item of items) {
        const replaced = { ...item, replaceExisting: true }
        results.push(await upsertOne(ctx, { store, item: replaced }, work))
      }
      return results
    }),
  )
}

async function upsertOne(
  ctx: Ctx,
  { store, item }: { readonly store: DocumentStore; readonly item: UpsertItem },
  work: Work,
): Promise<StoreUpsert> {
  const { docId } = item
  const base = docId ? await findLoader(tenantEm(ctx), { storeId: store.id, id: docId }) : null
  const row = item.replaceExisting ? base : null
  const given = await wantedOf(ctx, base, item)
  // A new loader beside an old one keeps its files too.
  const kept = row === null && base !== null ? await keptFiles(ctx, store.workspaceId, base) : null
  const wanted = { ...given, files: given.files ?? kept?.files ?? null }
  let result: UpsertResult | undefined
  try {
    const id = await withRow(ctx, { store, row, wanted }, (own) =>
      restock(
        ctx,
        { store, row: own, wanted },
        {
          ...work,
          finish: async (source) => {
            result = await fillFrom(ctx, { store, sources: [source] }, work)
            await saveSettings(ctx, store)
          },
        },
      ).catch(async (error: unknown) => {
        if (result !== undefined) await disown(ctx, own, row === null)
        throw error
      }),
    )
    if (result === undefined) throw new Error('A loader was upserted without a result.')
    return { ...result, docId: id }
  } finally {
    await kept?.release()
  }
}

/** Where vectors were written that a loader has not come to have: they go with a new one. */
async function disown(
  { deps: { database, log } }: Ctx,
  { id, storeId, workspaceId }: DocumentLoader,
  isNew: boolean,
): Promise<void> {
  const em = database.workspaceEm({ workspaceId })
  const work = isNew
    ? em.transactional((em) => removeStoreVectors(em, storeId, { docId: id }))
    : em.nativeUpdate(DocumentLoader, { id }, { isUpserted: false })
  await work.catch((err: unknown) => log.error({ err }, 'vectors of a failed loader are left over'))
}

async function wantedOf(ctx: Ctx, base: DocumentLoader | null, item: UpsertItem): Promise<Wanted> {
  const { files } = item
  const loader = readPart(item.loader, 'loader')
  const splitter = readPart(item.splitter, 'splitter')
  const isBareFile = base === null && loader.name === undefined && files != null && files.length > 0
  const named = isBareFile ? { ...loader, name: 'fileLoader' } : loader
  const wanted = await readLoader(ctx, base, {
    loaderId: named.name,
    loaderConfig: mergedOver(base?.loader ?? null, named),
    splitterId: splitter.name,
    splitterConfig: splitter.config,
    files,
  })
  return withMetadata(wanted, item.metadata)
}

/** Settings laid over those of the same kind that are stored. */
function mergedOver(stored: NodeConfig | null, { name, config }: Part): Part['config'] {
  const isSame = stored !== null && (name === undefined || name === stored.name)
  return config && isSame ? { ...stored.config, ...config } : config
}

function withMetadata(wanted: Wanted, given: unknown): Wanted {
  if (given == null) return wanted
  const { name, config } = wanted.loader
  const before = config['metadata'] == null ? {} : readObject(config['metadata'], 'metadata')
  const metadata = { ...before, ...readObject(given, 'metadata') }
  return { ...wanted, loader: { name, config: { ...config, metadata } } }
}

function vectorSettings(input: UpsertInput): VectorSettings {
  const embedding = readPart(input.embedding, 'embedding')
  const vectorStore = readPart(input.vectorStore, 'vectorStore')
  const recordManager = readPart(input.recordManager, 'recordManager')
  return {
    embeddingName: embedding.name,
    embeddingConfig: embedding.config,
    vectorStoreName: vectorStore.name,
    vectorStoreConfig: vectorStore.config,
    recordManagerName: recordManager.name,
    recordManagerConfig: recordManager.config,
  }
}

const part = z.object({
  name: z.string().optional(),
  config: z.record(z.string(), z.unknown()).optional(),
})
type Part = z.infer<typeof part>

/** A node, given as an object or its JSON text. Throws BAD_REQUEST, naming the field. */
function readPart(value: unknown, field: string): Part {
  const read = part.safeParse(readObject(value ?? {}, field))
  if (read.success) return read.data
  throw new Failure('BAD_REQUEST', `${field} must be {name, config}.`)
}

const item = z.object({
  docId: z.string(),
  loader: z.unknown().optional(),
  splitter: z.unknown().optional(),
  metadata: z.unknown().optional(),
})

type RefreshItem = z.infer<typeof item>

function readItems(value: unknown): readonly RefreshItem[] | null {
  if (value == null) return null
  const read = z.array(item).max(1000).safeParse(value)
  if (read.success) return read.data.length === 0 ? null : read.data
  throw new Failure('BAD_REQUEST', 'items must be a list of {docId, loader, splitter, metadata}.')
}

async function everyItem(em: SqlEntityManager, { id }: DocumentStore): Promise<RefreshItem[]> {
  return (await loadersOf(em, id)).map(({ id: docId }) => ({ docId }))
}
