import { builder, idBounds, pageBounds, pageType } from '../graphql/builder.ts'
import { filterArgs, order, session } from './arguments.ts'
import type { ChatMessage, Execution } from './entity.ts'
import {
  deleteMessages,
  getExecution,
  listExecutions,
  listMessages,
  messagePage,
} from './messages.ts'

const ChatMessageType = builder.objectRef<ChatMessage>('ChatMessage').implement({
  description: 'One turn of a conversation.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    role: t.exposeString('role', { description: 'userMessage or apiMessage.' }),
    content: t.exposeString('content', { description: 'What was said.' }),
    chatflowid: t.exposeID('chatflowid', { description: 'The chatflow.' }),
    chatId: t.exposeString('chatId', { description: 'The conversation.' }),
    sessionId: t.exposeString('sessionId', { description: 'The memory it belongs to.' }),
    memoryType: t.exposeString('memoryType', {
      nullable: true,
      description: 'The kind of memory.',
    }),
    sourceDocuments: t.expose('sourceDocuments', {
      type: 'JSON',
      nullable: true,
      description: 'The documents behind the answer.',
    }),
    usedTools: t.expose('usedTools', {
      type: 'JSON',
      nullable: true,
      description: 'The tools called.',
    }),
    artifacts: t.expose('artifacts', { type: 'JSON', nullable: true, description: 'Made files.' }),
    action: t.expose('action', {
      type: 'JSON',
      nullable: true,
      description: 'What a human had to decide.',
    }),
    fileUploads: t.expose('fileUploads', {
      type: 'JSON',
      nullable: true,
      description: 'Names and types of uploaded files.',
    }),
    leadEmail: t.exposeString('leadEmail', { nullable: true, description: 'Who asked.' }),
    executionId: t.exposeID('executionId', { nullable: true, description: 'The run.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When.' }),
  }),
})

const ExecutionType = builder.objectRef<Execution>('Execution').implement({
  description: 'One run of a flow.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    chatflowid: t.exposeID('chatflowid', { description: 'The chatflow.' }),
    chatId: t.exposeString('chatId', { description: 'The conversation.' }),
    sessionId: t.exposeString('sessionId', { description: 'The memory it belongs to.' }),
    status: t.exposeString('status', {
      description: 'FINISHED, STOPPED (waits for a human), ERROR or TERMINATED.',
    }),
    executionData: t.expose('executedData', {
      type: 'JSON',
      description: 'The steps of an agentflow, in order.',
    }),
    usage: t.expose('usage', {
      type: 'JSON',
      nullable: true,
      description: 'Tokens, as counted by the provider.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it began.' }),
    stoppedDate: t.expose('endedDate', { type: 'DateTime', description: 'When it ended.' }),
  }),
})

const MessagePageType = pageType('ChatMessagePage', ChatMessageType)
const ExecutionPageType = pageType('ExecutionPage', ExecutionType)
const DeletedMessagesType = builder.objectRef<{ deleted: number }>('DeletedMessages').implement({
  description: 'How many messages were removed.',
  fields: (t) => ({ deleted: t.exposeInt('deleted', { description: 'The number.' }) }),
})

const page = { required: true, description: 'Page number, from 1.', ...pageBounds.page } as const
const limit = { required: true, description: 'Rows on a page.', ...pageBounds.limit } as const

builder.queryFields((t) => ({
  chatMessages: t.field({
    type: [ChatMessageType],
    description: 'The messages of a chatflow, oldest first.',
    args: {
      ...filterArgs(t.arg),
      sessionId: t.arg.string(session),
      order: t.arg(order),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => listMessages(ctx, args),
  }),
  chatMessagePage: t.field({
    type: MessagePageType,
    description: 'One page of the messages of a chatflow.',
    args: {
      ...filterArgs(t.arg),
      sessionId: t.arg.string(session),
      order: t.arg(order),
      page: t.arg.int(page),
      limit: t.arg.int(limit),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => messagePage(ctx, args),
  }),
  executions: t.field({
    type: ExecutionPageType,
    description: "The runs of the workspace's flows, newest first; by default the last 100.",
    args: {
      chatflowid: t.arg.string({ description: 'Only of this chatflow.', ...idBounds }),
      sessionId: t.arg.string(session),
      page: t.arg.int({ ...page, required: false }),
      limit: t.arg.int({ ...limit, required: false }),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => listExecutions(ctx, args),
  }),
  execution: t.field({
    type: ExecutionType,
    description: 'One run.',
    args: { id: t.arg.string({ required: true, description: 'The run.', ...idBounds }) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => getExecution(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  deleteChatMessages: t.field({
    type: DeletedMessagesType,
    description: 'Removes the messages of a chatflow, or of one conversation of it.',
    args: { ...filterArgs(t.arg), sessionId: t.arg.string(session) },
    authScopes: { manage: 'chatflows:delete' },
    resolve: (_parent, args, ctx) => deleteMessages(ctx, args),
  }),
}))
