import { loadEngine } from '../chatflows/engine.ts'
import type { Ctx } from '../context.ts'
import type { LoadedDocument } from '../engine/node/instances.ts'
import type { NodeConfig } from '../engine/node/ports.ts'
import type { FileUpload } from '../engine/node/run-input.ts'
import type { DocumentLoader, DocumentStore } from './entity.ts'
import { keptFiles, stageFiles } from './files.ts'
import { storedDocuments } from './port.ts'
import {
  beginStaging,
  commitStaging,
  stageChunks,
  undoStaging,
  type Committed,
  type Staging,
} from './staging.ts'
import type { ChunkSource } from './stored-chunks.ts'
import type { Work } from './underway.ts'

/** What a loader is to be. */
export interface Wanted {
  readonly loaderName: string
  readonly loader: NodeConfig
  readonly splitterName: string | null
  readonly splitter: NodeConfig | null
  /** In place of those it keeps; null leaves them. */
  readonly files: readonly FileUpload[] | null
}

/** A loader at work, with its store. */
export interface Stocking {
  readonly store: DocumentStore
  readonly row: DocumentLoader
  readonly wanted: Wanted
}

/**
 * Makes a loader what it is to be; its chunks stay what they are.
 * Throws as `stageFiles` does; then the loader is as before.
 */
export async function changeLoader(
  ctx: Ctx,
  { row, wanted }: Pick<Stocking, 'row' | 'wanted'>,
): Promise<void> {
  await staged(ctx, { row, wanted }, async () => ({
    status: row.chunksOf == null ? 'NEW' : 'STALE',
    isUpserted: false,
  }))
}

/**
 * Makes a loader what it is to be, and its chunks anew. `finish` may do more with them while they are
 * not the loader's yet, and says whether they are in the vector store now.
 * Throws what the loader, the splitter and `finish` throw; then loader and chunks are as before.
 */
export async function restock(
  ctx: Ctx,
  { store, row, wanted }: Stocking,
  how: Work & { readonly finish?: (source: ChunkSource) => Promise<void> },
): Promise<void> {
  await staged(ctx, { row, wanted }, async (staging) => {
    const totals = await stageAll(ctx, { store, row, wanted, staging }, how)
    await how.finish?.({ docId: row.id, stagingId: staging.id })
    const isUpserted = how.finish !== undefined
    return { ...totals, status: 'SYNC', isUpserted, chunksOf: staging.id }
  })
}

/** What a loader would load, some chunks at a time; nothing is stored. */
export async function* loadWanted(
  ctx: Ctx,
  { store, row, wanted }: Omit<Stocking, 'row'> & { readonly row: DocumentLoader | null },
  { ports, signal }: Work,
): AsyncGenerator<readonly LoadedDocument[]> {
  const { workspaceId } = store
  const kept =
    wanted.files === null && row !== null ? await keptFiles(ctx, workspaceId, row) : undefined
  try {
    const { loadDocuments } = await loadEngine()
    const { loader, splitter } = wanted
    const files = wanted.files ?? kept?.files ?? []
    const request = { store: storedDocuments(store), ports, signal }
    for await (const batch of loadDocuments(request, { loader, splitter, files })) {
      yield batch.filter(({ pageContent }) => pageContent.trim() !== '')
    }
  } finally {
    await kept?.release()
  }
}

/** Does work on a loader of which nothing is left where it fails. */
async function staged(
  { deps }: Ctx,
  { row, wanted }: Pick<Stocking, 'row' | 'wanted'>,
  work: (staging: Staging) => Promise<Committed>,
): Promise<void> {
  const { database } = deps
  const em = database.workspaceEm({ workspaceId: row.workspaceId })
  const staging = await beginStaging(em, row)
  try {
    const { files, ...settings } = wanted
    if (files !== null) await stageFiles({ database, em, staging }, files)
    const done = await work(staging)
    const filesOf = files === null ? {} : { filesOf: staging.id }
    await commitStaging(em, staging, { ...settings, ...done, ...filesOf })
  } catch (error) {
    await undoStaging(em, staging).catch((err: unknown) =>
      deps.log.error({ err }, 'what a failed loader has written is left over'),
    )
    throw error
  }
}

async function stageAll(
  ctx: Ctx,
  { staging, ...stocking }: Stocking & { readonly staging: Staging },
  work: Work,
): Promise<{ readonly totalChunks: number; readonly totalChars: number }> {
  const { database } = ctx.deps
  const em = database.workspaceEm({ workspaceId: staging.workspaceId })
  let totalChunks = 0
  let totalChars = 0
  for await (const chunks of loadWanted(ctx, stocking, work)) {
    await stageChunks({ database, em, staging }, { chunks, from: totalChunks })
    totalChunks += chunks.length
    totalChars += chunks.reduce((sum, { pageContent }) => sum + pageContent.length, 0)
  }
  return { totalChunks, totalChars }
}
