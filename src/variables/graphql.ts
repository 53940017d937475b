import { bounded } from '../graphql/bounds.ts'
import { builder, deletedType, idBounds } from '../graphql/builder.ts'
import { variableTypes } from './entity.ts'
import {
  createVariable,
  deleteVariable,
  getVariable,
  listVariables,
  updateVariable,
  type VariableView,
} from './service.ts'

const VariableTypeEnum = builder.enumType('VariableType', {
  description: 'static: the stored value; runtime: FLOW_VAR_name of the server.',
  values: variableTypes,
})

const VariableObjectType = builder.objectRef<VariableView>('Variable').implement({
  description: 'What flows read as $vars.name. Not for secrets: those are credentials.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    name: t.exposeString('name', { description: 'Flows name it by this.' }),
    value: t.exposeString('value', { nullable: true, description: 'The stored value.' }),
    type: t.expose('type', { type: VariableTypeEnum, description: 'Where the value comes from.' }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

const id = { required: true, description: 'The variable.', ...idBounds } as const
const name = bounded({
  minLength: 1,
  maxLength: 100,
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  notNull: true,
  example: 'city',
})
const value = bounded({ maxLength: 100_000, example: 'Bern' })
const type = {
  type: VariableTypeEnum,
  description: 'static when absent.',
  ...bounded({ notNull: true }),
}

builder.queryFields((t) => ({
  variables: t.field({
    type: [VariableObjectType],
    description: 'The variables of the workspace, newest change first.',
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, _args, ctx) => listVariables(ctx),
  }),
  variable: t.field({
    type: VariableObjectType,
    description: 'One variable.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => getVariable(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  createVariable: t.field({
    type: VariableObjectType,
    description: 'Stores a variable.',
    args: {
      name: t.arg.string({ required: true, description: 'Flows will name it by this.', ...name }),
      value: t.arg.string({ description: 'The value; not used for runtime ones.', ...value }),
      type: t.arg(type),
    },
    authScopes: { manage: 'chatflows:update' },
    resolve: (_parent, args, ctx) => createVariable(ctx, args),
  }),
  updateVariable: t.field({
    type: VariableObjectType,
    description: 'Changes what is given and leaves the rest.',
    args: {
      id: t.arg.string(id),
      name: t.arg.string({ description: 'Flows will name it by this.', ...name }),
      value: t.arg.string({ description: 'The value; null clears it.', ...value }),
      type: t.arg(type),
    },
    authScopes: { manage: 'chatflows:update' },
    resolve: (_parent, args, ctx) => updateVariable(ctx, args),
  }),
  deleteVariable: t.field({
    type: deletedType,
    description: 'Removes a variable.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:update' },
    resolve: (_parent, args, ctx) => deleteVariable(ctx, args),
  }),
}))
