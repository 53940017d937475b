import { roles } from '../core/permissions.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder } from '../graphql/builder.ts'
import { createWorkspace, listWorkspaces, type MyWorkspace } from './service.ts'

export const RoleType = builder.enumType('Role', {
  description: 'What a member may do; the permissions behind it are in the documentation.',
  values: roles,
})

export const WorkspaceType = builder.objectRef<MyWorkspace>('Workspace').implement({
  description: 'A workspace that the caller is a member of.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    organizationId: t.exposeID('organizationId', {
      description: 'The organization it belongs to.',
    }),
    role: t.expose('role', { type: RoleType, description: "The caller's role in it." }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

builder.queryField('workspaces', (t) =>
  t.field({
    type: [WorkspaceType],
    description: 'The workspaces that the caller is a member of, oldest first.',
    authScopes: { signedIn: true },
    resolve: (_parent, _args, ctx) => listWorkspaces(ctx),
  }),
)

builder.mutationField('createWorkspace', (t) =>
  t.field({
    type: WorkspaceType,
    description: "Makes a workspace in the caller's organization; the caller becomes its owner.",
    args: {
      name: t.arg.string({
        required: true,
        description: 'What people will call it.',
        ...bounded({ minLength: 1, maxLength: 200, example: 'Support team' }),
      }),
    },
    authScopes: { person: 'workspaces:manage' },
    resolve: (_parent, args, ctx) => createWorkspace(ctx, args),
  }),
)
