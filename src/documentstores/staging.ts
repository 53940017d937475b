import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { storable } from '../core/json.ts'
import type { LoadedDocument } from '../engine/node/instances.ts'
import { DocumentLoader, DocumentStore } from './entity.ts'

/**
 * One go at the chunks, the files, or both of a loader. They are written in transactions of their
 * own, and are the loader's only once `commitStaging` says so. Whoever begins later takes the loader
 * over, and in the end removes what earlier ones have left.
 */
export interface Staging {
  readonly id: string
  readonly docId: string
  readonly storeId: string
  readonly workspaceId: string
}

/** What a loader is once a staging is committed. */
export type Committed = Partial<
  Pick<
    DocumentLoader,
    | 'loaderName'
    | 'loader'
    | 'splitterName'
    | 'splitter'
    | 'status'
    | 'isUpserted'
    | 'totalChunks'
    | 'totalChars'
    | 'chunksOf'
    | 'filesOf'
  >
>

/** Small enough that writing them down does not hold up others. */
const rowsAtOnce = 50

export async function beginStaging(
  em: SqlEntityManager,
  { id: docId, storeId, workspaceId }: Pick<DocumentLoader, 'id' | 'storeId' | 'workspaceId'>,
): Promise<Staging> {
  const staging = { id: newId(), docId, storeId, workspaceId }
  const begun = { stagingId: staging.id, updatedDate: new Date() }
  const found = await em.nativeUpdate(DocumentLoader, { id: docId }, begun)
  if (found === 0) throw conflict()
  return staging
}

/** Says that the work goes on. Throws CONFLICT when somebody else has begun it anew. */
export async function holdStaging(em: SqlEntityManager, { id, docId }: Staging): Promise<void> {
  const where = { id: docId, stagingId: id }
  const found = await em.nativeUpdate(DocumentLoader, where, { updatedDate: new Date() })
  if (found === 0) throw conflict()
}

/** Adds chunks, numbered from `from`. Throws CONFLICT as `holdStaging` does. */
export async function stageChunks(
  em: SqlEntityManager,
  staging: Staging,
  { chunks, from }: { readonly chunks: readonly LoadedDocument[]; readonly from: number },
): Promise<void> {
  const { id, docId, storeId, workspaceId } = staging
  await em.transactional(async (em) => {
    await holdStaging(em, staging)
    for (let at = 0; at < chunks.length; at += rowsAtOnce) {
      const rows = chunks.slice(at, at + rowsAtOnce).map(({ pageContent, metadata }, index) => ({
        id: newId(),
        no: from + at + index,
        content: pageContent,
        // What a PDF says of itself may hold what no database takes.
        metadata: storable(metadata),
      }))
      await em.execute(
        `insert into document_chunk
           (id, workspace_id, store_id, doc_id, staging_id, chunk_no, page_content, metadata)
         select n.id, ?, ?, ?, ?, n.no, n.content, n.metadata
         from jsonb_to_recordset(?::jsonb) as n(id uuid, no int, content text, metadata jsonb)`,
        [workspaceId, storeId, docId, id, JSON.stringify(rows)],
      )
    }
  })
}

/** Makes what was staged the loader's, in place of what it had. Throws CONFLICT as `holdStaging` does. */
export async function commitStaging(
  em: SqlEntityManager,
  { id, docId, storeId }: Staging,
  committed: Committed,
): Promise<void> {
  await em.transactional(async (em) => {
    const found = await em.nativeUpdate(
      DocumentLoader,
      { id: docId, stagingId: id },
      { ...committed, stagingId: null, updatedDate: new Date() },
    )
    if (found === 0) throw conflict()
    await removeUncommitted(em, docId)
    await touchStore(em, storeId)
  })
}

/** Says that something of a store has changed. */
export async function touchStore(em: SqlEntityManager, id: string): Promise<void> {
  await em.nativeUpdate(DocumentStore, { id }, { updatedDate: new Date() })
}

/** Leaves the loader as it was. */
export async function undoStaging(em: SqlEntityManager, { id, docId }: Staging): Promise<void> {
  await em.transactional(async (em) => {
    const where = { id: docId, stagingId: id }
    const found = await em.nativeUpdate(DocumentLoader, where, { stagingId: null })
    if (found > 0) await removeUncommitted(em, docId)
  })
}

async function removeUncommitted(em: SqlEntityManager, docId: string): Promise<void> {
  for (const [table, column] of [
    ['document_chunk', 'chunks_of'],
    ['document_file', 'files_of'],
  ] as const) {
    await em.execute(
      `delete from ${table} t using document_loader l
       where t.doc_id = ? and l.id = t.doc_id and t.staging_id is distinct from l.${column}`,
      [docId],
    )
  }
}

function conflict(): Failure {
  const sentence = 'Somebody else has changed this document loader meanwhile; please try again.'
  return new Failure('CONFLICT', sentence)
}
