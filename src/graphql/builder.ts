import SchemaBuilder, { type ObjectRef } from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { Ctx } from '../context.ts'
import { largestPage, type Page } from '../core/paging.ts'
import { auditPlugin } from './audit.ts'
import { bounded, boundsPlugin } from './bounds.ts'
import { keyUsePlugin } from './key-use.ts'
import { dateTime, json } from './scalars.ts'
import { createScopes, type Scopes } from './scopes.ts'

/** A moment on its way out: as the ORM reads it, or as a raw row carries it. */
type Moment = Date | string

export const builder = new SchemaBuilder<{
  Context: Ctx
  AuthScopes: Scopes
  DefaultFieldNullability: false
  DefaultAuthStrategy: 'all'
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Moment }
    JSON: { Input: unknown; Output: unknown }
  }
}>({
  // From outside in: what is refused is recorded, nobody learns how to call what they may not call, and only sound calls count.
  plugins: [auditPlugin, ScopeAuthPlugin, boundsPlugin, keyUsePlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: createScopes,
    defaultStrategy: 'all',
    authorizeOnSubscribe: true,
  },
})

export type Builder = typeof builder
export type ArgBuilder = PothosSchemaTypes.MutationFieldBuilder<BuilderTypes, object>['arg']
/** What the fields of a type are made with. */
export type FieldBuilder<T> = PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, T>
type BuilderTypes = Builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never

builder.scalarType('DateTime', dateTime)
builder.scalarType('JSON', json)
builder.queryType({ description: 'Everything that can be read.' })
builder.subscriptionType({ description: 'Answers told piece by piece.' })
builder.mutationType({ description: 'Everything that can be changed, and running a flow.' })

/** `id: String!`, as every field that names one row takes it. */
export const idBounds = bounded({ maxLength: 64, anyText: true })

export interface Removed {
  readonly id: string
  readonly deleted: boolean
}

/** What removing something answers, where nothing else is to be told. */
export const deletedType = builder.objectRef<Removed>('Deleted').implement({
  description: 'What was removed.',
  fields: deletedFields,
})

/** For types that tell more than `Deleted` does. */
export function deletedFields(t: FieldBuilder<Removed>) {
  return {
    id: t.exposeID('id', { description: 'Its id.' }),
    deleted: t.exposeBoolean('deleted', { description: 'Always true.' }),
  }
}

/** The page of `T`, with the arguments every page field takes. */
export function pageType<T>(name: string, item: ObjectRef<BuilderTypes, T>) {
  return builder.objectRef<Page<T>>(name).implement({
    description: 'One page of a list.',
    fields: (t) => ({
      data: t.field({
        type: [item],
        description: 'The rows of this page.',
        resolve: (page) => [...page.data],
      }),
      total: t.int({ description: 'Rows on all pages together.', resolve: (page) => page.total }),
    }),
  })
}

export const pageBounds = {
  page: bounded({ minimum: 1, maximum: 2 ** 31 - 1, example: 1 }),
  limit: bounded({ minimum: 1, maximum: largestPage, example: 20 }),
}
