import type { GraphQLField } from 'graphql'
import type { Ctx, FlowDemand } from '../context.ts'
import { permissions, type Permission } from '../core/permissions.ts'

/** What a field asks of its caller, as it declares it to the schema. */
export type Access =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signedIn' }
  | { readonly kind: 'person'; readonly permission: Permission }
  | { readonly kind: 'manage'; readonly permission: Permission }
  | ({ readonly kind: 'flow' } & Pick<FlowDemand, 'anyOf' | 'anonymous' | 'ifUploads'>)

/** @throws Error for a field that declares nothing we know. */
export function accessOf(field: GraphQLField<unknown, Ctx>): Access {
  const scopes = scopesOf(field)
  if ('anyone' in scopes) return { kind: 'anyone' }
  if ('signedIn' in scopes) return { kind: 'signedIn' }
  for (const kind of ['person', 'manage'] as const) {
    const permission = permissions.find((name) => name === scopes[kind])
    if (permission) return { kind, permission }
  }
  if ('flow' in scopes) {
    const { anyOf, anonymous, ifUploads = false } = scopes.flow as FlowDemand
    return { kind: 'flow', anyOf, anonymous, ifUploads }
  }
  throw new Error(`${field.name} does not say who may call it.`)
}

/** The same as a sentence of the REST reference. */
export function accessSentence(access: Access): string {
  if (access.kind === 'anyone') return 'Open to anyone.'
  if (access.kind === 'signedIn') return 'Needs the JWT of a person.'
  if (access.kind === 'person') {
    return `Needs the JWT of a person with the permission ${access.permission}.`
  }
  if (access.kind === 'manage') {
    return `Needs a JWT with the permission ${access.permission}; an API key is exchanged for one.`
  }
  const credential = `an API key or JWT with the permission ${access.anyOf.join(' or ')}`
  const whoever = access.ifUploads
    ? 'a public chatflow that takes files from chats'
    : 'a public chatflow'
  const needs = access.anonymous
    ? `Open to anyone for ${whoever}, else needs ${credential}`
    : `Needs ${credential}`
  return `${needs}; a bound chatflow takes its own key only.`
}

function scopesOf(field: GraphQLField<unknown, Ctx>): Readonly<Record<string, unknown>> {
  const options = field.extensions['pothosOptions'] as { authScopes?: unknown } | undefined
  const declared = options?.authScopes
  // A flow's demand names the flow, so it is a function of the arguments.
  const scopes: unknown =
    typeof declared === 'function' ? (declared as ScopesOfArguments)({}, { id: '' }) : declared
  return typeof scopes === 'object' && scopes !== null ? { ...scopes } : {}
}

type ScopesOfArguments = (parent: object, args: { readonly id: string }) => unknown
