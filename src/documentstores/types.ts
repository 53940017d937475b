import { usingRow } from '../chatflows/service.ts'
import { BoundChatflowType } from '../chatflows/types.ts'
import { builder, deletedFields, pageType, type Removed } from '../graphql/builder.ts'
import { upsertFields } from '../vectors/types.ts'
import type { ChunkPage, ChunkView } from './chunks.ts'
import type { Preview } from './loaders.ts'
import type { Matches, StoreUpsert } from './vectors.ts'
import type { FileView, LoaderView, StoreItem, StoreStatus, StoreView } from './views.ts'

const statuses: Readonly<Record<StoreStatus, { description: string }>> = {
  EMPTY: { description: 'There is no loader.' },
  NEW: { description: 'The loader was not processed yet.' },
  SYNCING: { description: 'Chunks are being made.' },
  STALE: { description: 'There are chunks to be made, or made anew.' },
  SYNC: { description: 'The chunks are those of the loaders.' },
  UPSERTING: { description: 'They are on their way into the vector store.' },
  UPSERTED: { description: 'They are in the vector store.' },
}

const StatusEnum = builder.enumType('DocumentStoreStatus', {
  description: 'How far the work on a document store, or on a loader, is.',
  values: statuses,
})

const StorePropertiesType = builder.interfaceRef<StoreItem>('DocumentStoreProperties').implement({
  description: 'What a document store shows without its loaders.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID; flows name a store by it.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    description: t.exposeString('description', { description: 'What is in it.' }),
    status: t.expose('status', { type: StatusEnum, description: 'How far the work on it is.' }),
    totalChunks: t.exposeInt('totalChunks', { description: 'Chunks of all loaders.' }),
    totalChars: t.exposeInt('totalChars', { description: 'Characters of these.' }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

export const StoreItemType = builder.objectRef<StoreItem>('DocumentStoreListItem').implement({
  description: 'A document store in a list.',
  interfaces: [StorePropertiesType],
})

export const StorePageType = pageType('DocumentStorePage', StoreItemType)

const FileType = builder.objectRef<FileView>('DocumentFile').implement({
  description: 'A file that a loader keeps, to be processed again.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    mime: t.exposeString('mime', { description: 'Its media type, where it was said.' }),
    size: t.exposeInt('size', { description: 'Bytes.' }),
  }),
})

export const LoaderType = builder.objectRef<LoaderView>('DocumentLoader').implement({
  description: 'Where chunks of a document store come from.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID; chunks name their loader by it, as docId.' }),
    storeId: t.exposeID('storeId', { description: 'The store.' }),
    loaderId: t.exposeString('loaderId', { description: 'The kind of node that loads.' }),
    loaderName: t.exposeString('loaderName', { description: 'What people call it.' }),
    loaderConfig: t.expose('loaderConfig', {
      type: 'JSON',
      description: 'Its inputs; a mark stands for every secret, and sent back keeps it.',
    }),
    splitterId: t.exposeString('splitterId', {
      nullable: true,
      description: 'The kind of node that cuts.',
    }),
    splitterName: t.exposeString('splitterName', {
      nullable: true,
      description: 'What people call that.',
    }),
    splitterConfig: t.expose('splitterConfig', {
      type: 'JSON',
      nullable: true,
      description: 'Its inputs.',
    }),
    status: t.expose('status', { type: StatusEnum, description: 'How far the work on it is.' }),
    totalChunks: t.exposeInt('totalChunks', { description: 'Its chunks.' }),
    totalChars: t.exposeInt('totalChars', { description: 'Characters of these.' }),
    files: t.field({
      type: [FileType],
      description: 'The files it keeps.',
      resolve: ({ files }) => [...files],
    }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

export const StoreType = builder.objectRef<StoreView>('DocumentStore').implement({
  description: 'Chunks of documents under one name, for flows to search.',
  interfaces: [StorePropertiesType],
  fields: (t) => ({
    loaders: t.field({
      type: [LoaderType],
      description: 'Where its chunks come from, the oldest first.',
      resolve: ({ loaders }) => [...loaders],
    }),
    embeddingConfig: t.expose('embeddingConfig', {
      type: 'JSON',
      nullable: true,
      description: 'The embeddings node, as {name, config}; without its secrets.',
    }),
    vectorStoreConfig: t.expose('vectorStoreConfig', {
      type: 'JSON',
      nullable: true,
      description: 'The vector store, as {name, config}; null: in this server.',
    }),
    recordManagerConfig: t.expose('recordManagerConfig', {
      type: 'JSON',
      nullable: true,
      description: 'The record manager, as {name, config}.',
    }),
    whereUsed: t.field({
      type: [BoundChatflowType],
      description: 'The chatflows that name it.',
      resolve: ({ id }, _args, ctx) => usingRow(ctx, id),
    }),
  }),
})

export const DeletedStoreType = builder.objectRef<Removed>('DeletedDocumentStore').implement({
  description: 'The document store that was removed.',
  fields: (t) => ({
    ...deletedFields(t),
    chatFlows: t.field({
      type: [BoundChatflowType],
      description: 'The chatflows that still name it, and refuse to run until they get another.',
      resolve: ({ id }, _args, ctx) => usingRow(ctx, id),
    }),
  }),
})

export const ChunkType = builder.objectRef<ChunkView>('DocumentChunk').implement({
  description: 'A piece of a document.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    storeId: t.exposeID('storeId', { description: 'The store.' }),
    docId: t.exposeID('docId', { description: 'The loader.' }),
    chunkNo: t.exposeInt('chunkNo', { description: 'Its place among those of the loader.' }),
    pageContent: t.exposeString('pageContent', { description: 'Its text.' }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'What is said of it.' }),
  }),
})

export const ChunkPageType = builder.objectRef<ChunkPage>('DocumentChunkPage').implement({
  description: 'Some chunks of a document store.',
  fields: (t) => ({
    chunks: t.field({
      type: [ChunkType],
      description: 'Those of this page, up to 50.',
      resolve: ({ chunks }) => [...chunks],
    }),
    count: t.exposeInt('count', { description: 'Chunks on all pages together.' }),
    currentPage: t.exposeInt('currentPage', { description: 'The page, from 1.' }),
    storeName: t.exposeString('storeName', { description: 'What people call the store.' }),
    docId: t.exposeString('docId', { description: 'The loader, or all.' }),
  }),
})

export const PreviewType = builder.objectRef<Preview>('DocumentPreview').implement({
  description: 'What a loader would make.',
  fields: (t) => ({
    chunks: t.field({
      type: ['JSON'],
      description: 'The first chunks, as {pageContent, metadata}.',
      resolve: ({ chunks }) => [...chunks],
    }),
    totalChunks: t.exposeInt('totalChunks', { description: 'How many there would be.' }),
    previewChunkCount: t.int({
      description: 'How many are shown.',
      resolve: ({ chunks }) => chunks.length,
    }),
  }),
})

export const MatchesType = builder.objectRef<Matches>('DocumentMatches').implement({
  description: 'What was found in a document store.',
  fields: (t) => ({
    timeTaken: t.exposeInt('timeTaken', { description: 'Milliseconds.' }),
    docs: t.field({
      type: ['JSON'],
      description: 'The nearest chunks, nearest first, as {pageContent, metadata, score}.',
      resolve: ({ docs }) => [...docs],
    }),
  }),
})

export const StoreUpsertType = builder.objectRef<StoreUpsert>('DocumentStoreUpsert').implement({
  description: 'What an upsert did to the vector store of a document store.',
  fields: (t) => ({
    docId: t.exposeID('docId', { nullable: true, description: 'The loader; null: all of them.' }),
    ...upsertFields(t),
  }),
})

export const EmptiedType = builder
  .objectRef<{ numDeleted: number }>('EmptiedDocumentStore')
  .implement({
    description: 'What was taken out of a vector store.',
    fields: (t) => ({ numDeleted: t.exposeInt('numDeleted', { description: 'Chunks removed.' }) }),
  })
