import type { RateLimit } from '../core/caller.ts'
import { keyPermissions } from '../core/permissions.ts'
import { bounded } from '../graphql/bounds.ts'
import {
  builder,
  deletedFields,
  idBounds,
  pageBounds,
  pageType,
  type Removed,
} from '../graphql/builder.ts'
import type { LiveKey } from './lookup.ts'
import { exchangeKey, verifyApiKey, type AccessToken } from './proving.ts'
import {
  apiKeyPage,
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  rotateApiKey,
  updateApiKey,
  type ApiKeyView,
  type RevealedApiKey,
} from './service.ts'

const RateLimitType = builder.objectRef<RateLimit>('RateLimit').implement({
  description: 'How often a key may be used.',
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'Calls in a window.' }),
    windowSeconds: t.exposeInt('windowSeconds', {
      description: 'Length of the window in seconds.',
    }),
  }),
})

const RateLimitInput = builder.inputType('RateLimitInput', {
  description: 'How often a key may be used.',
  fields: (t) => ({
    limit: t.int({ required: true, description: 'Calls in a window, from 1.' }),
    windowSeconds: t.int({
      required: true,
      description: 'Length of the window in seconds, from 1.',
    }),
  }),
})

/** What a key shows at any time; later rooms add to it. */
export const KeyPropertiesType = builder.interfaceRef<ApiKeyView>('KeyProperties').implement({
  description: 'What an API key shows at any time.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'key_…; the client_id of the token exchange.' }),
    keyName: t.exposeString('keyName', { description: 'What people call it.' }),
    permissions: t.exposeStringList('permissions', { description: 'What it may do, as granted.' }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
    expiresDate: t.expose('expiresDate', {
      type: 'DateTime',
      nullable: true,
      description: 'From then on it is refused; null: never.',
    }),
    rateLimit: t.expose('rateLimit', {
      type: RateLimitType,
      nullable: true,
      description: 'How often it may be used; null: as often as it likes.',
    }),
    usageCount: t.exposeFloat('usageCount', { description: 'Accepted uses, a few seconds late.' }),
    lastUsedDate: t.expose('lastUsedDate', {
      type: 'DateTime',
      nullable: true,
      description: 'The last accepted use; null: none yet.',
    }),
    lastUsedAddress: t.exposeString('lastUsedAddress', {
      nullable: true,
      description: 'Where that came from.',
    }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

const ApiKeyType = builder.objectRef<ApiKeyView>('ApiKey').implement({
  description: 'An API key, masked; its secrets are never shown again.',
  interfaces: [KeyPropertiesType],
  fields: (t) => ({
    apiKey: t.exposeString('keyMask', { description: 'The key, masked: sk_Ab3d…9xYz.' }),
  }),
})

const CreatedApiKeyType = builder.objectRef<RevealedApiKey>('CreatedApiKey').implement({
  description: 'An API key with both secrets in clear, which are shown only now.',
  interfaces: [KeyPropertiesType],
  fields: (t) => ({
    apiKey: t.exposeString('apiKey', {
      description: 'The bearer token of predictions and upserts.',
    }),
    apiSecret: t.exposeString('apiSecret', {
      description: 'The client_secret of the token exchange.',
    }),
  }),
})

export const DeletedApiKeyType = builder
  .objectRef<Removed>('DeletedApiKey')
  .implement({ description: 'The key that was removed.', fields: deletedFields })

const KeyVerificationType = builder.objectRef<LiveKey>('KeyVerification').implement({
  description: 'A live key, as anyone who holds it may know it.',
  fields: (t) => ({
    valid: t.boolean({ description: 'Always true.', resolve: () => true }),
    id: t.exposeID('id', { description: 'key_….' }),
    keyName: t.exposeString('keyName', { description: 'What people call it.' }),
    permissions: t.stringList({
      description: 'What it may do.',
      resolve: (key) => [...key.permissions],
    }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
    expiresDate: t.expose('expiresDate', {
      type: 'DateTime',
      nullable: true,
      description: 'From then on it is refused; null: never.',
    }),
  }),
})

const AccessTokenType = builder.objectRef<AccessToken>('AccessToken').implement({
  description: 'A JWT with the permissions of an API key (RFC 6749 section 5.1).',
  fields: (t) => ({
    access_token: t.exposeString('access_token', { description: 'Sent as bearer token.' }),
    token_type: t.exposeString('token_type', { description: 'Always Bearer.' }),
    expires_in: t.exposeInt('expires_in', { description: 'Seconds it is good for.' }),
    scope: t.exposeString('scope', { description: 'Its permissions, separated by spaces.' }),
  }),
})

const ApiKeyPageType = pageType('ApiKeyPage', ApiKeyType)

const keyName = bounded({ minLength: 1, maxLength: 200, notNull: true, example: 'Production Key' })
const permissionList = bounded({
  maxItems: 100,
  notNull: true,
  example: ['chatflows:read', 'predictions:create'],
})
const permissionsText = `Some of ${keyPermissions.join(', ')}.`
const clientText = bounded({ minLength: 1, maxLength: 200 })

builder.queryFields((t) => ({
  apiKeys: t.field({
    type: [ApiKeyType],
    description: 'The API keys of the workspace, newest change first.',
    args: {
      unusedSince: t.arg({ type: 'DateTime', description: 'Only those not used since then.' }),
    },
    authScopes: { person: 'apikeys:view' },
    resolve: (_parent, args, ctx) => listApiKeys(ctx, args),
  }),
  apiKeyPage: t.field({
    type: ApiKeyPageType,
    description: 'One page of the API keys of the workspace.',
    args: {
      page: t.arg.int({ required: true, description: 'Page number, from 1.', ...pageBounds.page }),
      limit: t.arg.int({ required: true, description: 'Rows on a page.', ...pageBounds.limit }),
    },
    authScopes: { person: 'apikeys:view' },
    resolve: (_parent, args, ctx) => apiKeyPage(ctx, args),
  }),
  apiKey: t.field({
    type: ApiKeyType,
    description: 'One API key.',
    args: { id: t.arg.string({ required: true, description: 'The key.', ...idBounds }) },
    authScopes: { person: 'apikeys:view' },
    resolve: (_parent, args, ctx) => getApiKey(ctx, args),
  }),
  verifyApiKey: t.field({
    type: KeyVerificationType,
    description: 'Says whether a key is live. Every other text gets the same refusal.',
    args: {
      key: t.arg.string({
        required: true,
        description: 'The key in clear.',
        ...bounded({ minLength: 1, maxLength: 500 }),
      }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) => verifyApiKey(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreatedApiKeyType,
    description: 'Makes an API key. Its two secrets are shown in this answer and never again.',
    args: {
      keyName: t.arg.string({
        required: true,
        description: 'What people will call it.',
        ...keyName,
      }),
      permissions: t.arg.stringList({
        required: true,
        description: permissionsText,
        ...permissionList,
      }),
      expiresDate: t.arg({ type: 'DateTime', description: 'From then on it is refused.' }),
      rateLimit: t.arg({ type: RateLimitInput, description: 'How often it may be used.' }),
    },
    authScopes: { person: 'apikeys:create' },
    resolve: (_parent, args, ctx) => createApiKey(ctx, args),
  }),
  updateApiKey: t.field({
    type: ApiKeyType,
    description:
      'Changes what is given and leaves the rest; null clears expiresDate and rateLimit.',
    args: {
      id: t.arg.string({ required: true, description: 'The key.', ...idBounds }),
      keyName: t.arg.string({ description: 'What people will call it.', ...keyName }),
      permissions: t.arg.stringList({ description: permissionsText, ...permissionList }),
      expiresDate: t.arg({ type: 'DateTime', description: 'From then on it is refused.' }),
      rateLimit: t.arg({ type: RateLimitInput, description: 'How often it may be used.' }),
    },
    authScopes: { person: 'apikeys:update' },
    resolve: (_parent, args, ctx) => updateApiKey(ctx, args),
  }),
  rotateApiKey: t.field({
    type: CreatedApiKeyType,
    description: 'Gives a key new secrets, shown in this answer and never again.',
    args: {
      id: t.arg.string({ required: true, description: 'The key.', ...idBounds }),
      gracePeriod: t.arg.int({
        description: 'Seconds the old secrets go on working; 0 when absent.',
        ...bounded({ minimum: 0, maximum: 30 * 86_400, example: 3600 }),
      }),
    },
    authScopes: { person: 'apikeys:update' },
    resolve: (_parent, args, ctx) => rotateApiKey(ctx, args),
  }),
  deleteApiKey: t.field({
    type: DeletedApiKeyType,
    description: 'Removes a key. Chatflows bound to it stay closed until they are bound again.',
    args: { id: t.arg.string({ required: true, description: 'The key.', ...idBounds }) },
    authScopes: { person: 'apikeys:delete' },
    resolve: (_parent, args, ctx) => deleteApiKey(ctx, args),
  }),
  token: t.field({
    type: AccessTokenType,
    description: "Exchanges an API key's id and secret for a JWT with the key's permissions.",
    args: {
      grant_type: t.arg.string({
        required: true,
        description: 'client_credentials.',
        ...bounded({ maxLength: 100, example: 'client_credentials' }),
      }),
      client_id: t.arg.string({ description: "The key's id.", ...clientText }),
      client_secret: t.arg.string({ description: "The key's apiSecret.", ...clientText }),
      scope: t.arg.string({
        description: "A space-separated subset of the key's permissions; absent: all of them.",
        ...bounded({ maxLength: 1000, example: 'chatflows:view' }),
      }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args, ctx) => exchangeKey(ctx, args),
  }),
}))
