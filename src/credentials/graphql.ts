import { bounded } from '../graphql/bounds.ts'
import { builder, deletedFields, idBounds, type Removed } from '../graphql/builder.ts'
import {
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
  updateCredential,
  type CredentialView,
  type RedactedCredential,
} from './service.ts'

const CredentialPropertiesType = builder
  .interfaceRef<CredentialView>('CredentialProperties')
  .implement({
    description: 'What a credential shows without its data.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUID; flows name a credential by it.' }),
      name: t.exposeString('name', { description: 'What people call it.' }),
      credentialName: t.exposeString('credentialName', {
        description: 'Its type, e.g. openAIApi.',
      }),
      workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
      createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
      updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
    }),
  })

const CredentialListItemType = builder.objectRef<CredentialView>('CredentialListItem').implement({
  description: 'A credential in a list.',
  interfaces: [CredentialPropertiesType],
})

const CredentialType = builder.objectRef<RedactedCredential>('Credential').implement({
  description: "A provider's secrets, which are sealed at rest and never shown again.",
  interfaces: [CredentialPropertiesType],
  fields: (t) => ({
    plainDataObj: t.expose('plainDataObj', {
      type: 'JSON',
      description: 'Its fields; a mark stands for every secret, and sent back keeps it.',
    }),
  }),
})

export const DeletedCredentialType = builder
  .objectRef<Removed>('DeletedCredential')
  .implement({ description: 'The credential that was removed.', fields: deletedFields })

const name = bounded({ minLength: 1, maxLength: 200, notNull: true, example: 'OpenAI, production' })
const credentialName = bounded({
  minLength: 1,
  maxLength: 100,
  pattern: '^[\\w.-]+$',
  notNull: true,
  example: 'openAIApi',
})
const plainDataObj = bounded({
  freeForm: true,
  notNull: true,
  example: { openAIApiKey: 'your-provider-key' },
})

builder.queryFields((t) => ({
  credentials: t.field({
    type: [CredentialListItemType],
    description: 'The credentials of the workspace, newest change first.',
    args: {
      credentialName: t.arg.stringList({
        description: 'Only those of these types.',
        ...bounded({ maxItems: 100 }),
      }),
    },
    authScopes: { manage: 'credentials:view' },
    resolve: (_parent, args, ctx) => listCredentials(ctx, args),
  }),
  credential: t.field({
    type: CredentialType,
    description: 'One credential, its secrets redacted.',
    args: { id: t.arg.string({ required: true, description: 'The credential.', ...idBounds }) },
    authScopes: { manage: 'credentials:view' },
    resolve: (_parent, args, ctx) => getCredential(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  createCredential: t.field({
    type: CredentialType,
    description: "Stores a provider's secrets, sealed.",
    args: {
      name: t.arg.string({ required: true, description: 'What people will call it.', ...name }),
      credentialName: t.arg.string({ required: true, description: 'Its type.', ...credentialName }),
      plainDataObj: t.arg({ type: 'JSON', description: 'Its fields in clear.', ...plainDataObj }),
    },
    authScopes: { manage: 'credentials:create' },
    resolve: (_parent, args, ctx) => createCredential(ctx, args),
  }),
  updateCredential: t.field({
    type: CredentialType,
    description: 'Changes what is given; fields are merged, and a redaction mark keeps its secret.',
    args: {
      id: t.arg.string({ required: true, description: 'The credential.', ...idBounds }),
      name: t.arg.string({ description: 'What people will call it.', ...name }),
      credentialName: t.arg.string({ description: 'Its type.', ...credentialName }),
      plainDataObj: t.arg({ type: 'JSON', description: 'Fields in clear.', ...plainDataObj }),
    },
    authScopes: { manage: 'credentials:update' },
    resolve: (_parent, args, ctx) => updateCredential(ctx, args),
  }),
  deleteCredential: t.field({
    type: DeletedCredentialType,
    description: 'Removes a credential; flows that use it refuse to run until they get another.',
    args: { id: t.arg.string({ required: true, description: 'The credential.', ...idBounds }) },
    authScopes: { manage: 'credentials:delete' },
    resolve: (_parent, args, ctx) => deleteCredential(ctx, args),
  }),
}))
