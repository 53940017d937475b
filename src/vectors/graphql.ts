import type { FlowDemand } from '../context.ts'
import type { Told } from '../core/event-queue.ts'
import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds, type ArgBuilder } from '../graphql/builder.ts'
import type { UpsertHistory } from './entity.ts'
import {
  abortUpsert,
  listUpserts,
  tellUpsert,
  upsertVectors,
  type VectorUpsert,
} from './service.ts'
import { upsertFields } from './types.ts'

const UpsertResultType = builder.objectRef<VectorUpsert>('VectorUpsert').implement({
  description: 'What an upsert did to the vector store.',
  fields: (t) => ({
    ...upsertFields(t),
    upsertId: t.exposeID('upsertId', {
      nullable: true,
      description: 'Its record in the upsert history.',
    }),
  }),
})

export const UpsertEventType = builder.objectRef<Told>('VectorUpsertEvent').implement({
  description: 'A piece of the story of an upsert.',
  fields: (t) => ({
    event: t.exposeString('event', {
      description:
        'upsertStarted, upsertProgress …, then result and end; error and end after a failure.',
    }),
    data: t.expose('data', { type: 'JSON', nullable: true, description: 'What it carries.' }),
  }),
})

const AbortType = builder.objectRef<{ aborted: boolean }>('UpsertAbort').implement({
  description: 'The answer to an abort.',
  fields: (t) => ({ aborted: t.exposeBoolean('aborted', { description: 'Always true.' }) }),
})

/** Filling a store asks the same of everyone, however its progress is read. */
const filling = (_parent: unknown, { id }: { id: string }): { flow: FlowDemand } => ({
  flow: { id, anyOf: ['predictions:create'], anonymous: true, ifUploads: true },
})

builder.mutationFields((t) => ({
  upsertVectors: t.field({
    type: UpsertResultType,
    ...unaudited,
    description: 'Fills the vector store of a chatflow. A flow without nodes adds nothing.',
    args: {
      ...upsertArgs(t.arg),
      streaming: t.arg.boolean({
        description: 'Over REST: tell the progress, as server-sent events.',
      }),
    },
    authScopes: filling,
    resolve: (_parent, args, ctx) => upsertVectors(ctx, args),
  }),
  abortUpsert: t.field({
    type: AbortType,
    ...unaudited,
    description: 'Ends an upsert that is under way; nothing of it stays.',
    args: {
      id: t.arg.string({ required: true, description: 'The chatflow.', ...idBounds }),
      upsertId: t.arg.string({ required: true, description: 'Its record.', ...idBounds }),
    },
    authScopes: (_parent, { id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: false },
    }),
    resolve: (_parent, args, ctx) => abortUpsert(ctx, args),
  }),
}))

builder.subscriptionField('vectorUpsert', (t) =>
  t.field({
    type: UpsertEventType,
    description: 'Fills the vector store of a chatflow and tells how far it is.',
    args: upsertArgs(t.arg),
    authScopes: filling,
    subscribe: (_parent, args, ctx) => tellUpsert(ctx, args),
    resolve: (event) => event,
  }),
)

function upsertArgs(arg: ArgBuilder) {
  return {
    id: arg.string({ required: true, description: 'The chatflow.', ...idBounds }),
    stopNodeId: arg.string({
      description: 'The vector store to fill, where the flow has several.',
      ...bounded({ maxLength: 255, example: 'pinecone_0' }),
    }),
    overrideConfig: arg({
      type: 'JSON',
      description: "Those inputs of nodes which the flow's author lets callers set.",
      ...bounded({ freeForm: true }),
    }),
    files: arg({
      type: ['JSON'],
      description:
        "Files for the flow's loaders, as {name, mime, data} with a data URI, or uploads of a form.",
      ...bounded({ maxItems: 1000 }),
    }),
    detached: arg.boolean({ description: 'Goes on when the client goes away.' }),
    chatId: arg.string({
      description:
        'The conversation that the files are for, where the flow takes files from chats.',
      ...bounded({ maxLength: 255 }),
    }),
  }
}

const UpsertHistoryType = builder.objectRef<UpsertHistory>('UpsertHistory').implement({
  description: 'What one upsert did, or does.',
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
    status: t.exposeString('status', {
      description: 'INPROGRESS, FINISHED, ERROR or TERMINATED.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'What went wrong.' }),
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
