import { permissions as everyPermission } from '../core/permissions.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, deletedType, idBounds } from '../graphql/builder.ts'
import { RoleType } from '../workspaces/graphql.ts'
import { AuthPayloadType, newPassword } from './graphql.ts'
import { acceptInvite, type IssuedInvite } from './invites.ts'
import {
  addMember,
  leaveWorkspace,
  listMembers,
  removeMember,
  removeWorkspace,
  updateMember,
  type Member,
} from './members.ts'
import { resetPassword, setDisabled } from './people.ts'

const MemberType = builder.objectRef<Member>('Member').implement({
  description: 'Somebody in a workspace.',
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'UUID of the person.' }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace.' }),
    email: t.exposeString('email', { description: 'The address to sign in with.' }),
    name: t.exposeString('name', { nullable: true, description: 'What people call them.' }),
    role: t.expose('role', { type: RoleType, description: 'What they may do.' }),
    permissions: t.stringList({
      nullable: true,
      description: "Exactly these instead of the role's; null: the role's.",
      resolve: ({ permissions }) => (permissions ? [...permissions] : null),
    }),
    disabled: t.exposeBoolean('disabled', { description: 'Locked out of the server.' }),
    pending: t.exposeBoolean('pending', { description: 'Invited, and without a password yet.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When they came.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'The last change.' }),
  }),
})

const InviteType = builder.objectRef<IssuedInvite>('Invite').implement({
  description: 'A one-time token for setting a password. It is shown only now.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'For acceptInvite; to be handed over in person.',
    }),
    expiresDate: t.expose('expiresDate', { type: 'DateTime', description: 'Good until then.' }),
  }),
})

const AddedMemberType = builder
  .objectRef<{ member: Member; invite: IssuedInvite | null }>('AddedMember')
  .implement({
    description: 'A new member.',
    fields: (t) => ({
      member: t.expose('member', { type: MemberType, description: 'Who it is.' }),
      invite: t.expose('invite', {
        type: InviteType,
        nullable: true,
        description: 'Their way in; null for somebody who has a password already.',
      }),
    }),
  })

const UserStateType = builder
  .objectRef<{ userId: string; disabled: boolean }>('UserState')
  .implement({
    description: 'Whether somebody may sign in.',
    fields: (t) => ({
      userId: t.exposeID('userId', { description: 'UUID of the person.' }),
      disabled: t.exposeBoolean('disabled', { description: 'Locked out of the server.' }),
    }),
  })

const workspace = {
  required: true,
  description: 'The workspace of the token.',
  ...idBounds,
} as const
const user = { required: true, description: 'The person.', ...idBounds } as const
const permissionList = {
  description: `Exactly these instead of the role's: some of ${everyPermission.join(', ')}.`,
  ...bounded({ maxItems: 100, example: ['chatflows:view', 'predictions:create'] }),
}

builder.queryField('members', (t) =>
  t.field({
    type: [MemberType],
    description: 'The members of the workspace, by e-mail address.',
    args: { id: t.arg.string(workspace) },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => listMembers(ctx, args),
  }),
)

builder.mutationFields((t) => ({
  addMember: t.field({
    type: AddedMemberType,
    description: 'Lets somebody into the workspace, as a new user if need be.',
    args: {
      id: t.arg.string(workspace),
      email: t.arg.string({
        required: true,
        description: 'Their address.',
        ...bounded({
          minLength: 3,
          maxLength: 320,
          pattern: '^[^\\s@]+@[^\\s@]+$',
          example: 'ada@example.com',
        }),
      }),
      role: t.arg({ type: RoleType, required: true, description: 'What they may do.' }),
      permissions: t.arg.stringList(permissionList),
      name: t.arg.string({ description: 'What people call them.', ...bounded({ maxLength: 200 }) }),
    },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => addMember(ctx, args),
  }),
  updateMember: t.field({
    type: MemberType,
    description: "Changes a role or an explicit list of permissions; null goes back to the role's.",
    args: {
      id: t.arg.string(workspace),
      userId: t.arg.string(user),
      role: t.arg({
        type: RoleType,
        description: 'What they may do.',
        ...bounded({ notNull: true }),
      }),
      permissions: t.arg.stringList(permissionList),
    },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => updateMember(ctx, args),
  }),
  removeMember: t.field({
    type: deletedType,
    description: 'Takes somebody out of the workspace; their tokens for it stop at once.',
    args: { id: t.arg.string(workspace), userId: t.arg.string(user) },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => removeMember(ctx, args),
  }),
  resetPassword: t.field({
    type: InviteType,
    description: "Ends somebody's password and sessions; answers a one-time token for a new one.",
    args: { id: t.arg.string(workspace), userId: t.arg.string(user) },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => resetPassword(ctx, args),
  }),
  disableUser: t.field({
    type: UserStateType,
    description: 'Locks somebody out of the server; their tokens stop at once.',
    args: { id: t.arg.string(workspace), userId: t.arg.string(user) },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => setDisabled(ctx, args, true),
  }),
  enableUser: t.field({
    type: UserStateType,
    description: 'Lets somebody who was locked out sign in again.',
    args: { id: t.arg.string(workspace), userId: t.arg.string(user) },
    authScopes: { person: 'users:manage' },
    resolve: (_parent, args, ctx) => setDisabled(ctx, args, false),
  }),
  leaveWorkspace: t.field({
    type: deletedType,
    description: 'Takes the caller out of the workspace.',
    args: { id: t.arg.string(workspace) },
    authScopes: { signedIn: true },
    resolve: (_parent, args, ctx) => leaveWorkspace(ctx, args),
  }),
  removeWorkspace: t.field({
    type: deletedType,
    description: 'Removes the workspace with everything in it. Only an owner may.',
    args: {
      id: t.arg.string(workspace),
      confirm: t.arg.string({
        required: true,
        description: 'The name of the workspace, letter by letter.',
        ...bounded({ minLength: 1, maxLength: 200, example: 'Support team' }),
      }),
    },
    authScopes: { person: 'workspaces:manage' },
    resolve: (_parent, args, ctx) => removeWorkspace(ctx, args),
  }),
  acceptInvite: t.field({
    type: AuthPayloadType,
    description: 'Sets the password of somebody invited or reset, and signs them in.',
    args: {
      token: t.arg.string({
        required: true,
        description: 'The one-time token.',
        ...bounded({ minLength: 1, maxLength: 200 }),
      }),
      password: t.arg.string({ required: true, description: 'The new password.', ...newPassword }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) => acceptInvite(ctx, args),
  }),
}))
