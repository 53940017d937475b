import type { UpsertResult } from '../engine/node.ts'
import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import { upsertVectors } from './service.ts'

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
    },
    authScopes: (_parent, { id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: false },
    }),
    resolve: (_parent, args, ctx) => upsertVectors(ctx, args),
  }),
)
