import { DeletedCredentialType } from '../credentials/graphql.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, deletedType, idBounds, pageBounds } from '../graphql/builder.ts'
import { loaderArgs } from './arguments.ts'
import { deleteDocumentChunk, documentStoreChunks, updateDocumentChunk } from './chunks.ts'
import {
  deleteDocumentLoader,
  previewDocumentLoader,
  processDocumentLoader,
  saveDocumentLoader,
} from './loaders.ts'
import {
  createDocumentStore,
  deleteDocumentStore,
  documentStorePage,
  getDocumentStore,
  listDocumentStores,
  storesUsing,
  updateDocumentStore,
} from './service.ts'
import {
  ChunkPageType,
  ChunkType,
  DeletedStoreType,
  LoaderType,
  PreviewType,
  StoreItemType,
  StorePageType,
  StoreType,
} from './types.ts'

const id = { required: true, description: 'The store.', ...idBounds } as const
const storeId = id
const docId = { required: true, description: 'The loader.', ...idBounds } as const
const name = bounded({ minLength: 1, maxLength: 200, notNull: true, example: 'Handbook' })
const description = bounded({ maxLength: 10_000, notNull: true })

builder.queryFields((t) => ({
  documentStores: t.field({
    type: [StoreItemType],
    description: 'The document stores of the workspace, newest change first.',
    authScopes: { person: 'documentStores:view' },
    resolve: (_parent, _args, ctx) => listDocumentStores(ctx),
  }),
  documentStorePage: t.field({
    type: StorePageType,
    description: 'One page of the document stores of the workspace.',
    args: {
      page: t.arg.int({ required: true, description: 'Page number, from 1.', ...pageBounds.page }),
      limit: t.arg.int({ required: true, description: 'Rows on a page.', ...pageBounds.limit }),
    },
    authScopes: { person: 'documentStores:view' },
    resolve: (_parent, args, ctx) => documentStorePage(ctx, args),
  }),
  documentStore: t.field({
    type: StoreType,
    description: 'One document store with its loaders.',
    args: { id: t.arg.string(id) },
    authScopes: { person: 'documentStores:view' },
    resolve: (_parent, args, ctx) => getDocumentStore(ctx, args),
  }),
  documentStoreChunks: t.field({
    type: ChunkPageType,
    description: 'Chunks of a loader, 50 on a page.',
    args: {
      storeId: t.arg.string(storeId),
      docId: t.arg.string({ ...docId, description: 'The loader, or all for those of every one.' }),
      page: t.arg.int({ required: true, description: 'Page number, from 1.', ...pageBounds.page }),
    },
    authScopes: { person: 'documentStores:view' },
    resolve: (_parent, args, ctx) => documentStoreChunks(ctx, args),
  }),
  previewDocumentLoader: t.field({
    type: PreviewType,
    description: 'Loads and cuts as a loader would, and stores nothing.',
    args: {
      ...loaderArgs(t.arg),
      previewChunkCount: t.arg.int({
        description: 'How many chunks to show.',
        ...bounded({ minimum: 1, maximum: 200, example: 20 }),
      }),
    },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => previewDocumentLoader(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  createDocumentStore: t.field({
    type: StoreType,
    description: 'Makes an empty document store.',
    args: {
      name: t.arg.string({ required: true, description: 'What people will call it.', ...name }),
      description: t.arg.string({ description: 'What is in it.', ...description }),
    },
    authScopes: { person: 'documentStores:create' },
    resolve: (_parent, args, ctx) => createDocumentStore(ctx, args),
  }),
  updateDocumentStore: t.field({
    type: StoreType,
    description: 'Changes what is given and leaves the rest.',
    args: {
      id: t.arg.string(id),
      name: t.arg.string({ description: 'What people will call it.', ...name }),
      description: t.arg.string({ description: 'What is in it.', ...description }),
    },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => updateDocumentStore(ctx, args),
  }),
  deleteDocumentStore: t.field({
    type: DeletedStoreType,
    description: 'Removes a document store with its chunks, files and vectors.',
    args: { id: t.arg.string(id) },
    authScopes: { person: 'documentStores:delete' },
    resolve: (_parent, args, ctx) => deleteDocumentStore(ctx, args),
  }),
  saveDocumentLoader: t.field({
    type: LoaderType,
    description: 'Adds a loader to a document store, or changes one; its chunks are made later.',
    args: loaderArgs(t.arg),
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => saveDocumentLoader(ctx, args),
  }),
  processDocumentLoader: t.field({
    type: LoaderType,
    description: 'Makes the chunks of a loader anew; where that fails, it has those it had.',
    args: { id: t.arg.string({ ...docId, description: 'The loader.' }) },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => processDocumentLoader(ctx, args),
  }),
  deleteDocumentLoader: t.field({
    type: deletedType,
    description: 'Removes a loader with its chunks, files and vectors in this server.',
    args: { storeId: t.arg.string(storeId), id: t.arg.string(docId) },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => deleteDocumentLoader(ctx, args),
  }),
  updateDocumentChunk: t.field({
    type: ChunkType,
    description: 'Changes a chunk, until its loader is processed again.',
    args: {
      storeId: t.arg.string(storeId),
      docId: t.arg.string(docId),
      id: t.arg.string({ required: true, description: 'The chunk.', ...idBounds }),
      pageContent: t.arg.string({
        description: 'Its text.',
        ...bounded({ minLength: 1, maxLength: 1_000_000, notNull: true }),
      }),
      metadata: t.arg({
        type: 'JSON',
        description: 'What is said of it, an object or its JSON text.',
        ...bounded({ freeForm: true }),
      }),
    },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => updateDocumentChunk(ctx, args),
  }),
  deleteDocumentChunk: t.field({
    type: deletedType,
    description: 'Removes a chunk, until its loader is processed again.',
    args: {
      storeId: t.arg.string(storeId),
      docId: t.arg.string(docId),
      id: t.arg.string({ required: true, description: 'The chunk.', ...idBounds }),
    },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => deleteDocumentChunk(ctx, args),
  }),
}))

builder.objectField(DeletedCredentialType, 'documentStores', (t) =>
  t.field({
    type: [StoreItemType],
    description: 'The document stores that still name it.',
    resolve: ({ id }, _args, ctx) => storesUsing(ctx, id),
  }),
)
