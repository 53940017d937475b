import type { UpsertResult } from '../engine/node/result.ts'
import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import type { UpsertHistory } from './entity.ts'
import { listUpserts, upsertVectors } from './service.ts'

const UpsertResultType = builder.objectRef<UpsertResult>('VectorUpsert').implement({
  description: 'What an upsert did to the vector store.',
  fields: (t) => ({
    numAdded: t.exposeInt('numAdded', { description: 'Chunks added.' }),
    numUpdated: t.exposeInt('numUpdated', { description: 'Chunks replaced.' }),
    numSkipped: t.exposeInt('numSkipped', { description: 'Chunks that were there already.' }),
    numDeleted: t.exposeInt('numDeleted', { description: 'Chunks removed.' }),
    addedDocs: t.field({
      type: ['JSON'],
      description: 'The added chunks, as {pageContent, metadata}.',
      resolve: ({ addedDocs }) => [...addedDocs],
    }),
  }),
})

builder.mutationField('upsertVectors', (t) =>
  t.field({
    type: UpsertResultType,
    ...unaudited,
    description: 'Fills the vector store of a chatflow. A flow without nodes adds nothing.',
    args: {
      id: t.arg.string({ required: true, description: 'The chatflow.', ...idBounds }),
      stopNodeId: t.arg.string({
        description: 'The vector store to fill, where the flow has several.',
        ...bounded({ maxLength: 255, example: 'pinecone_0' }),
      }),
      overrideConfig: t.arg({
        type: 'JSON',
        description: "Those inputs of nodes which the flow's author lets callers set.",
        ...bounded({ freeForm: true }),
      }),
      files: t.arg({
        type: ['JSON'],
        description: "Files for the flow's loaders, as {name, mime, data}; data is a data URI.",
        ...bounded({ maxItems: 1000 }),
      }),
    },
    authScopes: (_parent, { id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: false },
    }),
    resolve: (_parent, args, ctx) => upsertVectors(ctx, args),
  }),
)

const UpsertHistoryType = builder.objectRef<UpsertHistory>('UpsertHistory').implement({
  description: 'What one upsert did.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    chatflowid: t.exposeID('chatflowid', { description: 'The chatflow.' }),
    result: t.expose('result', {
      type: 'JSON',
      description: 'numAdded, numUpdated, numSkipped, numDeleted, and the names of the files.',
    }),
    flowData: t.expose('flowData', {
      type: 'JSON',
      description: 'The loaders, splitters, embeddings and stores, with their settings.',
    }),
    date: t.expose('date', { type: 'DateTime', description: 'When.' }),
  }),
})

builder.queryField('upsertHistory', (t) =>
  t.field({
    type: [UpsertHistoryType],
    description: 'The upserts of a chatflow, newest first; the last 100.',
    args: { id: t.arg.string({ required: true, description: 'The chatflow.', ...idBounds }) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => listUpserts(ctx, args),
  }),
)
