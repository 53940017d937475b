import { bounded } from '../graphql/bounds.ts'
import { builder } from '../graphql/builder.ts'
import {
  credentialKinds,
  getCredentialKind,
  type CredentialField,
  type CredentialKind,
} from './kinds.ts'

const CredentialFieldType = builder.objectRef<CredentialField>('CredentialField').implement({
  description: 'A field of a type of credential.',
  fields: (t) => ({
    label: t.exposeString('label', { description: 'What people call it.' }),
    name: t.exposeString('name', { description: 'Its key in plainDataObj.' }),
    type: t.exposeString('type', { description: 'password for secrets, string for the rest.' }),
    optional: t.exposeBoolean('optional', { description: 'Whether it may be absent.' }),
  }),
})

const CredentialKindType = builder.objectRef<CredentialKind>('CredentialKind').implement({
  description: 'A type of credential that the nodes understand.',
  fields: (t) => ({
    label: t.exposeString('label', { description: 'What people call it.' }),
    name: t.exposeString('name', {
      description: 'The credentialName of credentials of this type.',
    }),
    version: t.exposeInt('version', { description: 'Of the type.' }),
    inputs: t.field({
      type: [CredentialFieldType],
      description: 'Its fields.',
      resolve: ({ inputs }) => [...inputs],
    }),
  }),
})

builder.queryFields((t) => ({
  credentialKinds: t.field({
    type: [CredentialKindType],
    description: 'The types of credential that the nodes understand.',
    authScopes: { manage: 'credentials:view' },
    resolve: () => [...credentialKinds],
  }),
  credentialKind: t.field({
    type: CredentialKindType,
    description: 'One type of credential.',
    args: {
      name: t.arg.string({
        required: true,
        description: 'Its name, such as openAIApi.',
        ...bounded({ minLength: 1, maxLength: 100 }),
      }),
    },
    authScopes: { manage: 'credentials:view' },
    resolve: (_parent, { name }) => getCredentialKind(name),
  }),
}))
