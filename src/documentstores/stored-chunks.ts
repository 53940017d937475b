import { Failure } from '../core/errors.ts'
import type { Database } from '../db/database.ts'
import type { LoadedDocument } from '../engine/node/instances.ts'
import type { DocumentLoader } from './entity.ts'

/** The chunks that a loader has made, by the staging that brought them. */
export interface ChunkSource {
  readonly docId: string
  readonly stagingId: string
}

/** Where the chunks are that loaders have. */
export function sourcesOf(loaders: readonly DocumentLoader[]): ChunkSource[] {
  return loaders.flatMap(({ id: docId, chunksOf }) =>
    chunksOf == null ? [] : [{ docId, stagingId: chunksOf }],
  )
}

/** Characters that are read at once: without a splitter a chunk may be a whole file. */
const charactersAtOnce = 500_000
const rowsAtOnce = 200

/**
 * Chunks in their order, some at a time. Each says in its metadata, under `docId`, and by its origin
 * which loader it is of.
 * @throws Failure CONFLICT when they were replaced meanwhile.
 */
export async function* readChunks(
  { database, workspaceId }: { readonly database: Database; readonly workspaceId: string },
  { docId, stagingId }: ChunkSource,
): AsyncGenerator<readonly LoadedDocument[]> {
  const em = database.workspaceEm({ workspaceId })
  let after = -1
  for (;;) {
    const rows = await database.rows<{
      chunkNo: number
      pageContent: string
      metadata: Readonly<Record<string, unknown>>
    }>(
      em,
      `select chunk_no as "chunkNo", page_content as "pageContent", metadata from (
         select *, sum(length(page_content)) over (order by chunk_no) - length(page_content) as before
         from (select * from document_chunk
               where doc_id = ? and staging_id = ? and chunk_no > ?
               order by chunk_no limit ${rowsAtOnce}) as page
       ) as measured where before < ${charactersAtOnce} order by chunk_no`,
      [docId, stagingId, after],
    )
    const last = rows.at(-1)
    if (last === undefined) break
    yield rows.map(({ pageContent, metadata }) => ({
      pageContent,
      metadata: { ...metadata, docId },
      origin: docId,
    }))
    after = last.chunkNo
  }
  const kept = await database.rows(
    em,
    'select 1 from document_loader where id = ? and ? in (chunks_of, staging_id)',
    [docId, stagingId],
  )
  if (kept.length > 0) return
  throw new Failure('CONFLICT', 'The document store was changed meanwhile; please try again.')
}
