import type { Ctx } from '../context.ts'
import { isUuid } from '../core/ids.ts'
import { pageRequest, type Page } from '../core/paging.ts'
import { listRows, pageRows } from '../db/list.ts'
import { principal, tenantEm } from '../db/tenant.ts'
import { DocumentStore } from './entity.ts'
import { findStore, storeItems, storeView, type StoreItem, type StoreView } from './views.ts'

export interface StoreInput {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}

/** The document stores of the workspace, newest change first. */
export async function listDocumentStores(ctx: Ctx): Promise<StoreItem[]> {
  return listRows(ctx, storeItems)
}

/** One page of the same list. Throws BAD_REQUEST for a page that cannot be. */
export async function documentStorePage(
  ctx: Ctx,
  input: { page: number; limit: number },
): Promise<Page<StoreItem>> {
  return pageRows(ctx, storeItems, { page: pageRequest(input.page, input.limit) })
}

/** One document store with its loaders. Throws NOT_FOUND. */
export async function getDocumentStore(ctx: Ctx, input: { id: string }): Promise<StoreView> {
  return storeView(ctx, input.id)
}

/** Makes an empty document store. */
export async function createDocumentStore(
  ctx: Ctx,
  input: StoreInput & { name: string },
): Promise<StoreView> {
  const em = tenantEm(ctx)
  const store = em.create(DocumentStore, {
    workspaceId: principal(ctx).workspaceId,
    name: input.name.normalize('NFC'),
    description: input.description ?? '',
  })
  await em.persist(store).flush()
  return storeView(ctx, store.id)
}

/** Changes what is given and leaves the rest. Throws NOT_FOUND. */
export async function updateDocumentStore(
  ctx: Ctx,
  input: StoreInput & { id: string },
): Promise<StoreView> {
  const em = tenantEm(ctx)
  const store = await findStore(em, input.id)
  if (typeof input.name === 'string') store.name = input.name.normalize('NFC')
  if (typeof input.description === 'string') store.description = input.description
  await em.flush()
  return storeView(ctx, store.id)
}

/** Removes a store with its chunks, files and vectors. Throws NOT_FOUND. */
export async function deleteDocumentStore(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const em = tenantEm(ctx)
  const { id } = await findStore(em, input.id)
  await em.nativeDelete(DocumentStore, { id })
  return { id, deleted: true }
}

/** The document stores of the caller's workspace that name a credential in any of their settings. */
export async function storesUsing(ctx: Ctx, credentialId: string): Promise<StoreItem[]> {
  if (!isUuid(credentialId)) return []
  const name = `%${credentialId}%`
  const own = 's.embedding_config, s.vector_store_config, s.record_manager_config'
  const sql = `jsonb_build_array(${own})::text like ? or exists (
    select from document_loader l where l.store_id = s.id
      and jsonb_build_array(l.loader, l.splitter)::text like ?)`
  return listRows(ctx, storeItems, { where: { sql, params: [name, name] } })
}
