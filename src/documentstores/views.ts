import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import { isUuid } from '../core/ids.ts'
import type { Source } from '../db/list.ts'
import { notFound, tenantEm } from '../db/tenant.ts'
import type { NodeConfig } from '../engine/node/ports.ts'
import { DocumentLoader, DocumentStore } from './entity.ts'
import { shownNode } from './settings.ts'

/** In the words of Flowise. */
export type StoreStatus = 'EMPTY' | 'NEW' | 'SYNCING' | 'STALE' | 'SYNC' | 'UPSERTING' | 'UPSERTED'

/** A store as it is listed. */
export interface StoreItem {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly description: string
  readonly status: StoreStatus
  readonly totalChunks: number
  readonly totalChars: number
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

/** A store as it is read, its secrets redacted. */
export interface StoreView extends StoreItem {
  readonly embeddingConfig: NodeConfig | null
  readonly vectorStoreConfig: NodeConfig | null
  readonly recordManagerConfig: NodeConfig | null
  readonly loaders: readonly LoaderView[]
}

/** A loader as it is read, its secrets redacted. */
export interface LoaderView {
  readonly id: string
  readonly storeId: string
  readonly loaderId: string
  readonly loaderName: string
  readonly loaderConfig: NodeConfig['config']
  readonly splitterId: string | null
  readonly splitterName: string | null
  readonly splitterConfig: NodeConfig['config'] | null
  readonly status: StoreStatus
  readonly totalChunks: number
  readonly totalChars: number
  readonly files: readonly FileView[]
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

/** A file that a loader keeps. */
export interface FileView {
  readonly id: string
  readonly name: string
  readonly mime: string
  /** In bytes. */
  readonly size: number
}

/** Work ends within an hour: what says longer that it is under way was left by a stopped server. */
const lately = `now() - interval '1 hour'`
const isStaged = `(l.staging_id is not null and l.updated_date > ${lately})`
const ofStore = 'from document_loader l where l.store_id = s.id'

const storeStatus = `case
  when not exists (select ${ofStore}) then 'EMPTY'
  when exists (select ${ofStore} and ${isStaged}) then 'SYNCING'
  when s.upserting_date > ${lately} then 'UPSERTING'
  when exists (select ${ofStore} and l.status <> 'SYNC') then 'STALE'
  when exists (select ${ofStore} and not l.is_upserted) then 'SYNC'
  else 'UPSERTED' end`

/** Sums that the API's whole numbers can hold. */
const total = (column: string): string =>
  `(select least(coalesce(sum(l.${column}), 0), 2147483647)::int ${ofStore})`

export const storeItems: Source<StoreItem> = {
  table: 'document_store s',
  columns: `id, workspace_id as "workspaceId", name, description, ${storeStatus} as status,
    ${total('total_chunks')} as "totalChunks", ${total('total_chars')} as "totalChars",
    created_date as "createdDate", updated_date as "updatedDate"`,
}

/** One store of the caller's workspace with its loaders. Throws NOT_FOUND. */
export async function storeView(ctx: Ctx, id: string): Promise<StoreView> {
  const em = tenantEm(ctx)
  const { embeddingConfig, vectorStoreConfig, recordManagerConfig } = await findStore(em, id)
  const [item] = await ctx.deps.database.rows<StoreItem>(
    em,
    `select ${storeItems.columns} from ${storeItems.table} where id = ?`,
    [id],
  )
  if (!item) throw noSuchStore()
  return {
    ...item,
    embeddingConfig: await shownNode(embeddingConfig ?? null),
    vectorStoreConfig: await shownNode(vectorStoreConfig ?? null),
    recordManagerConfig: await shownNode(recordManagerConfig ?? null),
    loaders: await loaderViews(ctx, 'l.store_id = ?', id),
  }
}

/** One loader of the caller's workspace. Throws NOT_FOUND. */
export async function loaderView(ctx: Ctx, id: string): Promise<LoaderView> {
  const [view] = isUuid(id) ? await loaderViews(ctx, 'l.id = ?', id) : []
  if (!view) throw noSuchLoader()
  return view
}

/** Throws NOT_FOUND. */
export async function findStore(em: SqlEntityManager, id: string): Promise<DocumentStore> {
  const store = isUuid(id) ? await em.findOne(DocumentStore, { id }) : null
  if (!store) throw noSuchStore()
  return store
}

/** A loader of a store. Throws NOT_FOUND. */
export async function findLoader(
  em: SqlEntityManager,
  { storeId, id }: { readonly storeId?: string; readonly id: string },
): Promise<DocumentLoader> {
  const isPossible = isUuid(id) && (storeId === undefined || isUuid(storeId))
  const where = { id, ...(storeId === undefined ? {} : { storeId }) }
  const loader = isPossible ? await em.findOne(DocumentLoader, where) : null
  if (!loader) throw noSuchLoader()
  return loader
}

/** The loaders of a store, the oldest first. */
export async function loadersOf(em: SqlEntityManager, storeId: string): Promise<DocumentLoader[]> {
  return em.find(DocumentLoader, { storeId }, { orderBy: { createdDate: 'asc', id: 'asc' } })
}

function noSuchStore() {
  return notFound('document store')
}

function noSuchLoader() {
  return notFound('document loader')
}

interface LoaderRow extends Omit<
  LoaderView,
  'loaderId' | 'loaderConfig' | 'splitterId' | 'splitterConfig'
> {
  readonly loader: NodeConfig
  readonly splitter: NodeConfig | null
}

async function loaderViews(ctx: Ctx, where: string, id: string): Promise<LoaderView[]> {
  const rows = await ctx.deps.database.rows<LoaderRow>(
    tenantEm(ctx),
    `select l.id, l.store_id as "storeId", l.loader_name as "loaderName", l.loader,
       l.splitter_name as "splitterName", l.splitter, l.total_chunks as "totalChunks",
       l.total_chars as "totalChars", l.created_date as "createdDate",
       l.updated_date as "updatedDate",
       case when ${isStaged} then 'SYNCING' else l.status end as status,
       coalesce((select json_agg(json_build_object(
           'id', f.id, 'name', f.name, 'mime', f.mime, 'size', f.size) order by f.id)
         from document_file f where f.doc_id = l.id and f.staging_id = l.files_of), '[]') as files
     from document_loader l where ${where} order by l.created_date, l.id`,
    [id],
  )
  return Promise.all(rows.map(shownLoader))
}

async function shownLoader({ loader, splitter, ...row }: LoaderRow): Promise<LoaderView> {
  const shown = (await shownNode(loader)) ?? loader
  const cut = await shownNode(splitter)
  return {
    ...row,
    loaderId: shown.name,
    loaderConfig: shown.config,
    splitterId: cut?.name ?? null,
    splitterConfig: cut?.config ?? null,
  }
}
