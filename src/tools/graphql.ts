import { bounded } from '../graphql/bounds.ts'
import { builder, deletedType, idBounds, pageBounds, pageType } from '../graphql/builder.ts'
import {
  createTool,
  deleteTool,
  getTool,
  listTools,
  toolPage,
  updateTool,
  type ToolView,
} from './service.ts'

const ToolType = builder.objectRef<ToolView>('Tool').implement({
  description: 'A custom tool: JavaScript that an agent may call.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID; flows name a tool by it.' }),
    name: t.exposeString('name', { description: 'What the model calls it.' }),
    description: t.exposeString('description', { description: 'What the model is told it does.' }),
    color: t.exposeString('color', { description: 'A CSS colour or gradient.' }),
    iconSrc: t.exposeString('iconSrc', { nullable: true, description: 'Where its icon is.' }),
    schema: t.exposeString('schema', {
      nullable: true,
      description: 'Its arguments, as JSON text: a list of properties or a JSON Schema.',
    }),
    func: t.exposeString('func', { nullable: true, description: 'Its JavaScript.' }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

const ToolPageType = pageType('ToolPage', ToolType)

const name = bounded({ minLength: 1, maxLength: 200, notNull: true, example: 'add_contact' })
const description = bounded({ maxLength: 10_000, notNull: true })
const color = bounded({ maxLength: 500, notNull: true })
const iconSrc = bounded({ maxLength: 10_000 })
const schema = bounded({ maxLength: 200_000 })
const func = bounded({ maxLength: 1_000_000, example: 'return $a + $b' })

builder.queryFields((t) => ({
  tools: t.field({
    type: [ToolType],
    description: 'The tools of the workspace, newest change first.',
    authScopes: { manage: 'tools:view' },
    resolve: (_parent, _args, ctx) => listTools(ctx),
  }),
  toolPage: t.field({
    type: ToolPageType,
    description: 'One page of the tools of the workspace.',
    args: {
      page: t.arg.int({ required: true, description: 'Page number, from 1.', ...pageBounds.page }),
      limit: t.arg.int({ required: true, description: 'Rows on a page.', ...pageBounds.limit }),
    },
    authScopes: { manage: 'tools:view' },
    resolve: (_parent, args, ctx) => toolPage(ctx, args),
  }),
  tool: t.field({
    type: ToolType,
    description: 'One tool.',
    args: { id: t.arg.string({ required: true, description: 'The tool.', ...idBounds }) },
    authScopes: { manage: 'tools:view' },
    resolve: (_parent, args, ctx) => getTool(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  createTool: t.field({
    type: ToolType,
    description: 'Stores a tool.',
    args: {
      name: t.arg.string({ required: true, description: 'What the model calls it.', ...name }),
      description: t.arg.string({ description: 'What the model is told it does.', ...description }),
      color: t.arg.string({ description: 'A CSS colour or gradient.', ...color }),
      iconSrc: t.arg.string({ description: 'Where its icon is.', ...iconSrc }),
      schema: t.arg.string({ description: 'Its arguments, as JSON text.', ...schema }),
      func: t.arg.string({
        description: 'Its JavaScript: the body of an async function.',
        ...func,
      }),
    },
    authScopes: { manage: 'tools:create' },
    resolve: (_parent, args, ctx) => createTool(ctx, args),
  }),
  updateTool: t.field({
    type: ToolType,
    description: 'Changes what is given and leaves the rest.',
    args: {
      id: t.arg.string({ required: true, description: 'The tool.', ...idBounds }),
      name: t.arg.string({ description: 'What the model calls it.', ...name }),
      description: t.arg.string({ description: 'What the model is told it does.', ...description }),
      color: t.arg.string({ description: 'A CSS colour or gradient.', ...color }),
      iconSrc: t.arg.string({ description: 'Where its icon is.', ...iconSrc }),
      schema: t.arg.string({ description: 'Its arguments, as JSON text.', ...schema }),
      func: t.arg.string({
        description: 'Its JavaScript: the body of an async function.',
        ...func,
      }),
    },
    authScopes: { manage: 'tools:update' },
    resolve: (_parent, args, ctx) => updateTool(ctx, args),
  }),
  deleteTool: t.field({
    type: deletedType,
    description: 'Removes a tool.',
    args: { id: t.arg.string({ required: true, description: 'The tool.', ...idBounds }) },
    authScopes: { manage: 'tools:delete' },
    resolve: (_parent, args, ctx) => deleteTool(ctx, args),
  }),
}))
