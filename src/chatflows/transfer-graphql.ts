import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import { getNodeKind, listNodeKinds, type NodeInput, type NodeKind } from './nodes.ts'
import {
  exportChatflow,
  importChatflow,
  type ForeignId,
  type ImportedChatflow,
} from './transfer.ts'
import { ChatflowType, ChatflowTypeEnum } from './types.ts'

const ForeignIdType = builder.objectRef<ForeignId>('ForeignId').implement({
  description: 'A row of another workspace that an imported chatflow names.',
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'credential, tool, documentStore or chatflow.' }),
    id: t.exposeString('id', { description: 'Its id there.' }),
    nodeId: t.exposeString('nodeId', { description: 'The node that names it.' }),
  }),
})

const ImportedChatflowType = builder.objectRef<ImportedChatflow>('ImportedChatflow').implement({
  description: 'What came in.',
  fields: (t) => ({
    chatflow: t.expose('chatflow', { type: ChatflowType, description: 'The stored chatflow.' }),
    foreignIds: t.field({
      type: [ForeignIdType],
      description: 'What it names and the map did not: to be chosen anew here.',
      resolve: ({ foreignIds }) => [...foreignIds],
    }),
  }),
})

const NodeInputType = builder.objectRef<NodeInput>('NodeInput').implement({
  description: 'An input of a kind of node.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its key in the inputs of a node.' }),
    type: t.exposeString('type', {
      description: 'text, number, bool, options, json, code, array, or the kind of node wired in.',
    }),
    optional: t.exposeBoolean('optional', { description: 'Whether it may be absent.' }),
    acceptVariable: t.exposeBoolean('acceptVariable', {
      description: 'Whether references such as {{question}} are resolved in it.',
    }),
    default: t.expose('default', { type: 'JSON', nullable: true, description: 'When absent.' }),
    choices: t.stringList({
      nullable: true,
      description: 'The words it may be.',
      resolve: ({ choices }) => (choices ? [...choices] : null),
    }),
  }),
})

const NodeKindType = builder.objectRef<NodeKind>('NodeKind').implement({
  description: 'A kind of node that runs here.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name that flows use.' }),
    label: t.exposeString('label', { description: 'What people call it.' }),
    version: t.exposeFloat('version', { description: 'Of the kind.' }),
    category: t.exposeString('category', { description: 'What family it belongs to.' }),
    description: t.exposeString('description', { description: 'What it does.' }),
    aliases: t.stringList({
      description: 'Other names by which flows know it.',
      resolve: ({ aliases }) => [...aliases],
    }),
    credential: t.exposeString('credential', {
      nullable: true,
      description: 'The type of credential it takes.',
    }),
    inputs: t.field({
      type: [NodeInputType],
      description: 'What it takes.',
      resolve: ({ inputs }) => [...inputs],
    }),
  }),
})

builder.queryFields((t) => ({
  exportChatflow: t.field({
    type: 'JSON',
    description: 'A chatflow as a file for another workspace, without credentials and secrets.',
    args: { id: t.arg.string({ required: true, description: 'The chatflow.', ...idBounds }) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => exportChatflow(ctx, args),
  }),
  nodes: t.field({
    type: [NodeKindType],
    description: 'The kinds of node that run here, by category.',
    authScopes: { manage: 'chatflows:view' },
    resolve: () => listNodeKinds(),
  }),
  node: t.field({
    type: NodeKindType,
    description: 'One kind of node.',
    args: {
      name: t.arg.string({
        required: true,
        description: 'Its name or an alias.',
        ...bounded({ minLength: 1, maxLength: 100 }),
      }),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args) => getNodeKind(args),
  }),
}))

builder.mutationField('importChatflow', (t) =>
  t.field({
    type: ImportedChatflowType,
    description: 'Stores a chatflow from an exported file.',
    args: {
      name: t.arg.string({
        required: true,
        description: 'What people will call it.',
        ...bounded({ minLength: 1, maxLength: 500, example: 'Imported bot' }),
      }),
      file: t.arg({
        type: 'JSON',
        required: true,
        description: 'The file: an object with nodes and edges, or one that holds it as flowData.',
        ...bounded({ freeForm: true, example: { nodes: [], edges: [] } }),
      }),
      idMap: t.arg({
        type: 'JSON',
        description: 'Ids of the file to ids of this workspace.',
        ...bounded({ freeForm: true }),
      }),
      type: t.arg({ type: ChatflowTypeEnum, description: 'When absent, its nodes tell.' }),
    },
    authScopes: { manage: 'chatflows:create' },
    resolve: (_parent, args, ctx) => importChatflow(ctx, args),
  }),
)
