import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, timestamp, updatedDate, workspaceId } from '../db/columns.ts'
import type { NodeConfig } from '../engine/node/ports.ts'

/** Chunks of documents under one name, for flows to search. */
export const DocumentStore = defineEntity({
  name: 'DocumentStore',
  tableName: 'document_store',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    name: p.text(),
    description: p.text(),
    /** When an upsert began that is under way. */
    upsertingDate: timestamp().nullable(),
    embeddingConfig: p.json<NodeConfig>().nullable(),
    vectorStoreConfig: p.json<NodeConfig>().nullable(),
    recordManagerConfig: p.json<NodeConfig>().nullable(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  uniques: [{ properties: ['workspaceId', 'id'] }],
  indexes: [{ properties: ['workspaceId', 'updatedDate', 'id'] }],
})
export type DocumentStore = InferEntity<typeof DocumentStore>

/** Where chunks of a store come from: a kind of loader, maybe one of splitter, with their settings. */
export const DocumentLoader = defineEntity({
  name: 'DocumentLoader',
  tableName: 'document_loader',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    storeId: p.uuid(),
    loaderName: p.text(),
    loader: p.json<NodeConfig>(),
    splitterName: p.text().nullable(),
    splitter: p.json<NodeConfig>().nullable(),
    /** Whether its chunks are there, and are those of its settings. */
    status: p.text().$type<'NEW' | 'STALE' | 'SYNC'>(),
    /** Its chunks are in the vector store as they are. */
    isUpserted: p.boolean(),
    totalChunks: p.integer(),
    totalChars: p.integer(),
    /** What is being written now; whoever began later has taken it over. */
    stagingId: p.uuid().nullable(),
    /** Only chunks and files of these stagings are the loader's. */
    chunksOf: p.uuid().nullable(),
    filesOf: p.uuid().nullable(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  uniques: [{ properties: ['workspaceId', 'storeId', 'id'] }],
  indexes: [{ properties: ['storeId', 'createdDate', 'id'] }],
})
export type DocumentLoader = InferEntity<typeof DocumentLoader>

/** A piece of a document, as a loader and its splitter made it, or somebody has changed it since. */
export const DocumentChunk = defineEntity({
  name: 'DocumentChunk',
  tableName: 'document_chunk',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    storeId: p.uuid(),
    docId: p.uuid(),
    stagingId: p.uuid(),
    chunkNo: p.integer(),
    pageContent: p.text(),
    metadata: p.json<Readonly<Record<string, unknown>>>(),
  },
  uniques: [{ properties: ['docId', 'stagingId', 'chunkNo'] }],
})
export type DocumentChunk = InferEntity<typeof DocumentChunk>

/** A file of a loader, kept for it to be processed again. */
export const DocumentFile = defineEntity({
  name: 'DocumentFile',
  tableName: 'document_file',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    storeId: p.uuid(),
    docId: p.uuid(),
    stagingId: p.uuid(),
    name: p.text(),
    mime: p.text(),
    size: p.integer(),
  },
  uniques: [{ properties: ['workspaceId', 'id'] }],
  indexes: [{ properties: ['docId', 'stagingId'] }],
})

/** A piece of a file: no statement carries a whole one. */
export const DocumentFilePart = defineEntity({
  name: 'DocumentFilePart',
  tableName: 'document_file_part',
  ...ofWorkspace,
  properties: {
    fileId: p.uuid().primary(),
    partNo: p.integer().primary(),
    workspaceId: workspaceId(),
    content: p.blob(),
  },
})
