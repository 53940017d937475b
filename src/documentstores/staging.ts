import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { storable } from '../core/json.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from '../db/statement.ts'
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

/** Adds chunks, numbered from `from`. Throws CONFLICT as `insertHeld` does. */
export async function stageChunks(
  { database, em, staging }: StagingWrite,
  { chunks, from }: { readonly chunks: readonly LoadedDocument[]; readonly from: number },
): Promise<void> {
  for (let at = 0; at < chunks.length; at += rowsAtOnce) {
    const rows = chunks.slice(at, at + rowsAtOnce)
    const row = `(?::uuid, ?::int, convert_from(?::bytea, 'UTF8'), ?::jsonb)`
    await insertHeld({ database, em, staging }, rows.length, {
      sql: `insert into document_chunk
          (id, chunk_no, page_content, metadata, workspace_id, store_id, doc_id, staging_id)
        select n.*, held.workspace_id, held.store_id, held.id, held.staging_id
        from (values ${rows.map(() => row).join(', ')}) as n, held`,
      params: rows.flatMap(({ pageContent, metadata }, index) => [
        newId(),
        from + at + index,
        // As bytes it is sent as it is; within the text of a statement it would be copied over and over.
        Buffer.from(pageContent),
        // What a PDF says of itself may hold what no database takes.
        JSON.stringify(storable(metadata)),
      ]),
    })
  }
}

/** What writes for a staging. */
export interface StagingWrite {
  readonly database: Database
  readonly em: SqlEntityManager
  readonly staging: Staging
}

/**
 * Inserts rows beside the loader, `held`, and says by it that the work goes on.
 * Throws CONFLICT when somebody else has begun it anew; then nothing is inserted.
 */
export async function insertHeld(
  { database, em, staging }: StagingWrite,
  count: number,
  { sql, params }: Statement,
): Promise<void> {
  const [result] = await database.rows<{ added: number }>(
    em,
    `with held as (
       update document_loader set updated_date = now()
       where id = ?::uuid and staging_id = ?::uuid returning *),
     added as (${sql} returning 1)
     select count(*)::int as added from added`,
    [staging.docId, staging.id, ...params],
  )
  if (result?.added !== count) throw conflict()
}

/** Makes what was staged the loader's, in place of what it had. Throws CONFLICT as `insertHeld` does. */
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
