import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import { UpsertEventType } from '../vectors/graphql.ts'
import { fillArgs, upsertArgs, vectorArgs } from './arguments.ts'
import { EmptiedType, MatchesType, StoreType, StoreUpsertType } from './types.ts'
import { refreshDocumentStore, tellUpsert, upsertDocumentStore } from './upsert.ts'
import {
  configureDocumentStore,
  emptyDocumentStore,
  fillDocumentStore,
  searchDocumentStore,
  tellFill,
} from './vectors.ts'

const storeId = { required: true, description: 'The store.', ...idBounds } as const
const docId = { description: 'Only those of this loader.', ...idBounds } as const

const streaming = {
  description: 'Over REST: tell the progress, as server-sent events.',
} as const

builder.subscriptionFields((t) => ({
  documentStoreFill: t.field({
    type: UpsertEventType,
    description:
      'Brings the chunks of a document store into its vector store, and tells how far it is.',
    args: fillArgs(t.arg),
    authScopes: { person: 'documentStores:update' },
    subscribe: (_parent, args, ctx) => tellFill(ctx, args),
    resolve: (event) => event,
  }),
  documentStoreUpsert: t.field({
    type: UpsertEventType,
    description: 'Loads, cuts and upserts in one call, and tells how far it is.',
    args: upsertArgs(t.arg),
    authScopes: { person: 'documentStores:update' },
    subscribe: (_parent, args, ctx) => tellUpsert(ctx, args),
    resolve: (event) => event,
  }),
}))

builder.queryField('searchDocumentStore', (t) =>
  t.field({
    type: MatchesType,
    description: 'The chunks of a document store that are nearest to a query.',
    args: {
      storeId: t.arg.string(storeId),
      query: t.arg.string({
        required: true,
        description: 'What to look for.',
        ...bounded({ minLength: 1, maxLength: 100_000 }),
      }),
      topK: t.arg.int({
        description: 'How many; else as many as the vector store is set to.',
        ...bounded({ minimum: 1, maximum: 200 }),
      }),
    },
    authScopes: { person: 'documentStores:view' },
    resolve: (_parent, args, ctx) => searchDocumentStore(ctx, args),
  }),
)

builder.mutationFields((t) => ({
  configureDocumentStore: t.field({
    type: StoreType,
    description: 'Chooses embeddings, vector store and record manager of a document store.',
    args: vectorArgs(t.arg),
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => configureDocumentStore(ctx, args),
  }),
  fillDocumentStore: t.field({
    type: StoreUpsertType,
    description: 'Brings the chunks of a document store into its vector store: all or none.',
    args: { ...fillArgs(t.arg), streaming: t.arg.boolean(streaming) },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => fillDocumentStore(ctx, args),
  }),
  emptyDocumentStore: t.field({
    type: EmptiedType,
    description:
      'Takes the chunks of a document store out of its vector store; of one loader, out of this server.',
    args: { storeId: t.arg.string(storeId), docId: t.arg.string(docId) },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => emptyDocumentStore(ctx, args),
  }),
  upsertDocumentStore: t.field({
    type: StoreUpsertType,
    description:
      'Loads, cuts and upserts in one call: a new loader, or one that is there. All of it or nothing.',
    args: { ...upsertArgs(t.arg), streaming: t.arg.boolean(streaming) },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => upsertDocumentStore(ctx, args),
  }),
  refreshDocumentStore: t.field({
    type: [StoreUpsertType],
    description: 'Loads every loader of a document store anew, and upserts what comes of it.',
    args: {
      id: t.arg.string(storeId),
      items: t.arg({
        type: 'JSON',
        description: 'Only these, as {docId, loader, splitter, metadata} with changed settings.',
        ...bounded({ freeForm: true }),
      }),
    },
    authScopes: { person: 'documentStores:update' },
    resolve: (_parent, args, ctx) => refreshDocumentStore(ctx, args),
  }),
}))
