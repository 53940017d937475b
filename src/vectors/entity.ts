import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, timestamp, updatedDate, workspaceId } from '../db/columns.ts'

/**
 * Where a flow, or a document store, keeps chunks that are searched together: all of one embedding
 * model.
 */
export const VectorSpace = defineEntity({
  name: 'VectorSpace',
  tableName: 'vector_space',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    /** Whose it is: one of the two. */
    chatflowid: p.uuid().nullable(),
    storeId: p.uuid().nullable(),
    namespace: p.text(),
    model: p.text(),
    dimensions: p.integer(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  uniques: [
    { properties: ['workspaceId', 'chatflowid', 'namespace'] },
    { properties: ['workspaceId', 'storeId', 'namespace'] },
    { properties: ['workspaceId', 'id'] },
  ],
  checks: [
    { name: 'vector_space_one_owner', expression: '(chatflowid is null) <> (store_id is null)' },
  ],
})
export type VectorSpace = InferEntity<typeof VectorSpace>

/** A piece of a document with its vector, which has length 1. */
export const VectorChunk = defineEntity({
  name: 'VectorChunk',
  tableName: 'vector_chunk',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    spaceId: p.uuid(),
    /** The upsert that brought it. */
    batchId: p.uuid().default('00000000-0000-0000-0000-000000000000'),
    /** Of content and source: what is there already is not embedded again. */
    hash: p.text(),
    /** The file or address it came from; null for what has no name. */
    source: p.text().nullable(),
    content: p.text(),
    metadata: p.json<unknown>(),
    /** Plain reals, so that the table is the same with and without pgvector. */
    embedding: p.string().columnType('real[]').$type<unknown>(),
    createdDate: createdDate(),
  },
  uniques: [{ properties: ['spaceId', 'hash'] }],
  indexes: [{ properties: ['spaceId', 'source'] }],
})

/** An upsert under way: nothing of it is found while its row is here. */
export const VectorBatch = defineEntity({
  name: 'VectorBatch',
  tableName: 'vector_batch',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    spaceId: p.uuid(),
    /** When it last wrote; one that falls silent was left by a server that stopped. */
    heartbeat: timestamp(),
  },
  uniques: [{ properties: ['spaceId'] }],
})

export type UpsertStatus = 'INPROGRESS' | 'FINISHED' | 'ERROR' | 'TERMINATED'

/** What one upsert did, or does. */
export const UpsertHistory = defineEntity({
  name: 'UpsertHistory',
  tableName: 'upsert_history',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    chatflowid: p.uuid(),
    /** What was added so far, without the texts. */
    result: p.json<unknown>(),
    /** The nodes that took part, with their inputs; files by name, secrets left out. */
    flowData: p.json<unknown>(),
    status: p.text().$type<UpsertStatus>().default('FINISHED'),
    error: p.text().nullable(),
    /** When it last said how far it is. */
    updatedDate: timestamp().nullable(),
    date: createdDate(),
  },
  indexes: [{ properties: ['workspaceId', 'chatflowid', 'date'] }],
})
export type UpsertHistory = InferEntity<typeof UpsertHistory>
