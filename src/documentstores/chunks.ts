import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import { isUuid } from '../core/ids.ts'
import { pageRequest } from '../core/paging.ts'
import { notFound, tenantEm } from '../db/tenant.ts'
import { removeStoreVectors } from '../vectors/removal.ts'
import { DocumentChunk, DocumentLoader } from './entity.ts'
import { readObject } from './settings.ts'
import { touchStore } from './staging.ts'
import { findLoader, findStore } from './views.ts'

/** A chunk as it is read. */
export interface ChunkView {
  readonly id: string
  readonly storeId: string
  /** Its loader. */
  readonly docId: string
  readonly chunkNo: number
  readonly pageContent: string
  readonly metadata: unknown
}

export interface ChunkPage {
  readonly chunks: readonly ChunkView[]
  /** On all pages together. */
  readonly count: number
  readonly currentPage: number
  readonly storeName: string
  readonly docId: string
}

interface OfLoader {
  readonly storeId: string
  readonly docId: string
}

/** Chunks on a page, as editors of Flowise have them. */
const perPage = 50

/** Chunks of a loader, or with `all` of every loader of the store. Throws NOT_FOUND, BAD_REQUEST. */
export async function documentStoreChunks(
  ctx: Ctx,
  { storeId, docId, page }: OfLoader & { page: number },
): Promise<ChunkPage> {
  const em = tenantEm(ctx)
  const store = await findStore(em, storeId)
  const isAll = docId === 'all'
  if (!isAll) await findLoader(em, { storeId, id: docId })
  const { limit, offset } = pageRequest(page, perPage)
  const from = `from document_chunk c
    join document_loader l on l.id = c.doc_id and l.chunks_of = c.staging_id
    where l.${isAll ? 'store_id' : 'id'} = ?`
  const of = isAll ? storeId : docId
  const { database } = ctx.deps
  const [all] = await database.rows<{ count: number }>(
    em,
    `select count(*)::int as count ${from}`,
    [of],
  )
  const chunks = await database.rows<ChunkView>(
    em,
    `select c.id, c.store_id as "storeId", c.doc_id as "docId", c.chunk_no as "chunkNo",
       c.page_content as "pageContent", c.metadata ${from}
     order by l.created_date, l.id, c.chunk_no limit ? offset ?`,
    [of, limit, offset],
  )
  return { chunks, count: all?.count ?? 0, currentPage: page, storeName: store.name, docId }
}

/** Changes a chunk; it goes into the vector store with the next upsert. Throws NOT_FOUND, BAD_REQUEST. */
export async function updateDocumentChunk(
  ctx: Ctx,
  input: OfLoader & { id: string; pageContent?: string | null | undefined; metadata?: unknown },
): Promise<ChunkView> {
  return tenantEm(ctx).transactional(async (em) => {
    const { chunk, loader } = await lockChunk(em, input)
    if (typeof input.pageContent === 'string') {
      loader.totalChars += input.pageContent.length - chunk.pageContent.length
      chunk.pageContent = input.pageContent
    }
    if (input.metadata != null) chunk.metadata = readObject(input.metadata, 'metadata')
    loader.isUpserted = false
    await em.flush()
    await touchStore(em, chunk.storeId)
    return chunk
  })
}

/** Removes a chunk, also from the vectors that this server keeps. Throws NOT_FOUND. */
export async function deleteDocumentChunk(
  ctx: Ctx,
  input: OfLoader & { id: string },
): Promise<{ id: string; deleted: boolean }> {
  return tenantEm(ctx).transactional(async (em) => {
    const { chunk, loader } = await lockChunk(em, input)
    const { storeId, docId, pageContent } = chunk
    loader.totalChunks -= 1
    loader.totalChars -= pageContent.length
    loader.isUpserted = false
    em.remove(chunk)
    await em.flush()
    await removeStoreVectors(em, storeId, { docId, pageContent })
    await touchStore(em, storeId)
    return { id: input.id, deleted: true }
  })
}

/** A chunk that its loader has now, held against other changes. Throws NOT_FOUND. */
async function lockChunk(
  em: SqlEntityManager,
  { storeId, docId, id }: OfLoader & { readonly id: string },
): Promise<{ readonly chunk: DocumentChunk; readonly loader: DocumentLoader }> {
  if (![storeId, docId, id].every(isUuid)) throw noSuchChunk()
  await em.execute('select 1 from document_loader where id = ? for update', [docId])
  const loader = await em.findOne(DocumentLoader, { id: docId, storeId })
  if (loader?.chunksOf == null) throw noSuchChunk()
  const chunk = await em.findOne(DocumentChunk, { id, docId, stagingId: loader.chunksOf })
  if (chunk === null) throw noSuchChunk()
  return { loader, chunk }
}

function noSuchChunk() {
  return notFound('document chunk')
}
