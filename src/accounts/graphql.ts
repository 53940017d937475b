import { Failure } from '../core/errors.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, deletedType, idBounds } from '../graphql/builder.ts'
import { RoleType } from '../workspaces/graphql.ts'
import {
  changePassword,
  endSession,
  listSessions,
  login,
  logout,
  me,
  refresh,
  switchWorkspace,
  type AuthPayload,
  type Profile,
  type SessionView,
} from './service.ts'

const ProfileType = builder.objectRef<Profile>('Me').implement({
  description: 'A signed-in person.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    email: t.exposeString('email', { description: 'The address to sign in with.' }),
    name: t.exposeString('name', { nullable: true, description: 'What people call them.' }),
    activeWorkspaceId: t.exposeID('activeWorkspaceId', {
      description: 'The workspace the token is for.',
    }),
    activeOrganizationId: t.exposeID('activeOrganizationId', { description: 'Its organization.' }),
    role: t.expose('role', { type: RoleType, description: 'Their role in that workspace.' }),
    permissions: t.stringList({
      description: 'What they may do in that workspace.',
      resolve: (profile) => [...profile.permissions],
    }),
  }),
})

export const AuthPayloadType = builder.objectRef<AuthPayload>('AuthPayload').implement({
  description: 'Tokens for one workspace, and who they are for.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'The access token: a JWT, sent as bearer token.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description: 'Good for one refresh; opaque, to be kept secret.',
    }),
    user: t.field({
      type: ProfileType,
      description: 'Who signed in.',
      resolve: ({ user }) => user,
    }),
  }),
})

const SessionType = builder.objectRef<SessionView>('Session').implement({
  description: 'One signing-in, from login to logout.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it refreshes into.' }),
    address: t.exposeString('address', { nullable: true, description: 'Where it began.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'What it began with.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it began.' }),
    lastUsedDate: t.expose('lastUsedDate', { type: 'DateTime', description: 'Its last refresh.' }),
    expiresDate: t.expose('expiresDate', {
      type: 'DateTime',
      description: 'When it ends by itself.',
    }),
    current: t.exposeBoolean('current', { description: 'Whether it is the one that asks.' }),
  }),
})

const LogoutType = builder.objectRef<{ loggedOut: boolean }>('Logout').implement({
  description: 'The answer to a logout.',
  fields: (t) => ({ loggedOut: t.exposeBoolean('loggedOut', { description: 'Always true.' }) }),
})

const PasswordChangeType = builder.objectRef<{ changed: boolean }>('PasswordChange').implement({
  description: 'The answer to a change of password.',
  fields: (t) => ({ changed: t.exposeBoolean('changed', { description: 'Always true.' }) }),
})

const password = bounded({
  minLength: 1,
  maxLength: 128,
  format: 'password',
  example: 'correct horse battery',
})
export const newPassword = bounded({
  minLength: 8,
  maxLength: 128,
  format: 'password',
  example: 'a longer passphrase',
})
const address = bounded({
  minLength: 1,
  maxLength: 320,
  format: 'email',
  example: 'owner@example.com',
})
const refreshToken = bounded({ minLength: 1, maxLength: 200 })

builder.queryFields((t) => ({
  me: t.field({
    type: ProfileType,
    description: 'Who the caller is, in the workspace the token is for.',
    authScopes: { signedIn: true },
    resolve: (_parent, _args, ctx) => me(ctx),
  }),
  sessions: t.field({
    type: [SessionType],
    description: "The caller's live sessions, last used first.",
    authScopes: { signedIn: true },
    resolve: (_parent, _args, ctx) => listSessions(ctx),
  }),
}))

builder.mutationFields((t) => ({
  login: t.field({
    type: AuthPayloadType,
    description: 'Signs in with e-mail address and password. Failures are limited.',
    args: {
      username: t.arg.string({ description: 'The e-mail address.', ...address }),
      email: t.arg.string({ description: 'Accepted in place of username.', ...address }),
      password: t.arg.string({ required: true, description: 'The password.', ...password }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) =>
      login(ctx, { username: addressOf(args), password: args.password }),
  }),
  refreshToken: t.field({
    type: AuthPayloadType,
    description: 'Exchanges a refresh token for a new pair of tokens.',
    args: {
      refreshToken: t.arg.string({
        required: true,
        description: 'The newest refresh token.',
        ...refreshToken,
      }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) => refresh(ctx, args),
  }),
  logout: t.field({
    type: LogoutType,
    description: 'Ends a session; its tokens stop at once.',
    args: {
      refreshToken: t.arg.string({
        description: 'Names the session to end; absent: the one of the bearer token.',
        ...refreshToken,
      }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) => logout(ctx, args),
  }),
  changePassword: t.field({
    type: PasswordChangeType,
    description: "Sets a new password and ends the caller's other sessions.",
    args: {
      currentPassword: t.arg.string({
        required: true,
        description: 'The password of today.',
        ...password,
      }),
      newPassword: t.arg.string({
        required: true,
        description: 'The password from now on.',
        ...newPassword,
      }),
    },
    authScopes: { signedIn: true },
    resolve: (_parent, args, ctx) => changePassword(ctx, args),
  }),
  endSession: t.field({
    type: deletedType,
    description: "Ends one of the caller's sessions.",
    args: { id: t.arg.string({ required: true, description: 'The session.', ...idBounds }) },
    authScopes: { signedIn: true },
    resolve: (_parent, args, ctx) => endSession(ctx, args),
  }),
  switchWorkspace: t.field({
    type: AuthPayloadType,
    description: "Tokens for another of the caller's workspaces; earlier ones keep theirs.",
    args: { id: t.arg.string({ required: true, description: 'The workspace.', ...idBounds }) },
    authScopes: { signedIn: true },
    resolve: (_parent, args, ctx) => switchWorkspace(ctx, args),
  }),
}))

function addressOf(args: {
  username?: string | null | undefined
  email?: string | null | undefined
}): string {
  const address = args.username ?? args.email
  if (!address) throw new Failure('BAD_REQUEST', 'username is required: the e-mail address.')
  return address
}
