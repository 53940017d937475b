import { DeletedApiKeyType, KeyPropertiesType } from '../apikeys/graphql.ts'
import type { FlowDemand } from '../context.ts'
import { DeletedCredentialType } from '../credentials/graphql.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, deletedType, idBounds, pageBounds } from '../graphql/builder.ts'
import { chatflowArgs } from './arguments.ts'
import { loadBound } from './bound.ts'
import {
  chatflowStreaming,
  chatflowUploads,
  publicChatbotConfig,
  publicChatflow,
  validateChatflow,
} from './public.ts'
import {
  chatflowPage,
  chatflowsByApiKey,
  createChatflow,
  deleteChatflow,
  getChatflow,
  hasChanged,
  listChatflows,
  updateChatflow,
  usingRow,
} from './service.ts'
import {
  BoundChatflowType,
  ChangedType,
  ChatflowPageType,
  ChatflowType,
  ChatflowTypeEnum,
  ProblemType,
  PublicChatflowType,
  StreamingType,
  UploadsType,
} from './types.ts'

const id = { required: true, description: 'The chatflow.', ...idBounds } as const
const type = { type: ChatflowTypeEnum, description: 'Only those of this type.' } as const

/** What reading a flow from outside asks for. */
const seeing = ({ id }: { id: string }): { flow: FlowDemand } => ({
  flow: { id, anyOf: ['chatflows:view', 'predictions:create'], anonymous: true },
})

builder.queryFields((t) => ({
  chatflows: t.field({
    type: [ChatflowType],
    description: 'The chatflows of the workspace, newest change first.',
    args: { type: t.arg(type) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => listChatflows(ctx, args),
  }),
  chatflowPage: t.field({
    type: ChatflowPageType,
    description: 'One page of the chatflows of the workspace.',
    args: {
      page: t.arg.int({ required: true, description: 'Page number, from 1.', ...pageBounds.page }),
      limit: t.arg.int({ required: true, description: 'Rows on a page.', ...pageBounds.limit }),
      type: t.arg(type),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => chatflowPage(ctx, args),
  }),
  chatflow: t.field({
    type: ChatflowType,
    description: 'One chatflow.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => getChatflow(ctx, args),
  }),
  chatflowHasChanged: t.field({
    type: ChangedType,
    description: 'Whether a chatflow changed after a moment.',
    args: {
      id: t.arg.string(id),
      lastUpdatedDateTime: t.arg({ type: 'DateTime', required: true, description: 'The moment.' }),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => hasChanged(ctx, args),
  }),
  validateChatflow: t.field({
    type: [ProblemType],
    description: 'Everything that would keep a chatflow from running; an empty list is good news.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => validateChatflow(ctx, args),
  }),
  chatflowsByApiKey: t.field({
    type: [ChatflowType],
    description: 'The chatflows bound to the API key that is presented as argument.',
    args: {
      key: t.arg.string({
        required: true,
        description: 'The key in clear; it needs chatflows:view.',
        ...bounded({ minLength: 1, maxLength: 500 }),
      }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) => chatflowsByApiKey(ctx, args),
  }),
  chatflowStreaming: t.field({
    type: StreamingType,
    description: 'Whether a chatflow answers piece by piece.',
    args: { id: t.arg.string(id) },
    authScopes: { anyone: 'notRejected' },
    resolve: (_parent, args, ctx) => chatflowStreaming(ctx, args),
  }),
  chatflowUploads: t.field({
    type: UploadsType,
    description: 'What may be uploaded with a question.',
    args: { id: t.arg.string(id) },
    authScopes: (_parent, args) => seeing(args),
    resolve: (_parent, args, ctx) => chatflowUploads(ctx, args),
  }),
  publicChatflow: t.field({
    type: PublicChatflowType,
    description: 'A chatflow without its secrets, for whoever may run it.',
    args: { id: t.arg.string(id) },
    authScopes: (_parent, args) => seeing(args),
    resolve: (_parent, args, ctx) => publicChatflow(ctx, args),
  }),
  publicChatbotConfig: t.field({
    type: 'JSON',
    description: 'What the chat widget reads of a chatflow.',
    args: { id: t.arg.string(id) },
    authScopes: (_parent, args) => seeing(args),
    resolve: (_parent, args, ctx) => publicChatbotConfig(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  createChatflow: t.field({
    type: ChatflowType,
    description: 'Stores a chatflow; only a name is needed.',
    args: chatflowArgs(t.arg, true),
    authScopes: { manage: 'chatflows:create' },
    resolve: (_parent, args, ctx) => createChatflow(ctx, { ...args, name: args.name ?? '' }),
  }),
  updateChatflow: t.field({
    type: ChatflowType,
    description: 'Changes what is given and leaves the rest; null clears what can be absent.',
    args: { id: t.arg.string(id), ...chatflowArgs(t.arg, false) },
    authScopes: { manage: 'chatflows:update' },
    resolve: (_parent, args, ctx) => updateChatflow(ctx, args),
  }),
  deleteChatflow: t.field({
    type: deletedType,
    description: 'Removes a chatflow with its conversations.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:delete' },
    resolve: (_parent, args, ctx) => deleteChatflow(ctx, args),
  }),
}))

builder.interfaceField(KeyPropertiesType, 'chatFlows', (t) =>
  t.field({
    type: [BoundChatflowType],
    description: 'The chatflows bound to the key.',
    resolve: (key, _args, ctx) => loadBound(ctx, key.id),
  }),
)

builder.objectField(DeletedApiKeyType, 'chatFlows', (t) =>
  t.field({
    type: [BoundChatflowType],
    description: 'The chatflows still bound to it: closed until they are bound to another.',
    resolve: (key, _args, ctx) => loadBound(ctx, key.id),
  }),
)

builder.objectField(DeletedCredentialType, 'chatFlows', (t) =>
  t.field({
    type: [BoundChatflowType],
    description: 'The chatflows that still name it, and refuse to run until they get another.',
    resolve: ({ id }, _args, ctx) => usingRow(ctx, id),
  }),
)
