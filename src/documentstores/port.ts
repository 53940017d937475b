import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import type { Database } from '../db/database.ts'
import type { StoredDocuments } from '../engine/node/ports.ts'
import { DocumentStore } from './entity.ts'
import { readChunks, sourcesOf } from './stored-chunks.ts'
import { loadersOf } from './views.ts'

/**
 * A document store for a flow of the same workspace.
 * @throws Failure UNPROCESSABLE when there is none.
 */
export async function findStoredDocuments(
  database: Database,
  workspaceId: string,
  id: string,
): Promise<StoredDocuments> {
  const em = database.workspaceEm({ workspaceId })
  const store = isUuid(id) ? await em.findOne(DocumentStore, { id }) : null
  if (store === null) {
    const none = `There is no document store ${id} in this workspace.`
    throw new Failure('UNPROCESSABLE', id === '' ? 'No document store is chosen.' : none)
  }
  return {
    ...storedDocuments(store),
    async *chunks() {
      const sources = sourcesOf(await loadersOf(database.workspaceEm({ workspaceId }), id))
      for (const source of sources) yield* readChunks({ database, workspaceId }, source)
    },
  }
}

/** What the engine is told of a store besides its chunks. */
export function storedDocuments(store: DocumentStore): Omit<StoredDocuments, 'chunks'> {
  return {
    id: store.id,
    name: store.name,
    embeddings: store.embeddingConfig ?? null,
    vectorStore: store.vectorStoreConfig ?? null,
    recordManager: store.recordManagerConfig ?? null,
  }
}
