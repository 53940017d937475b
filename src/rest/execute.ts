import { execute, type GraphQLField, type GraphQLSchema } from 'graphql'
import type { Ctx } from '../context.ts'
import { createScopes } from '../graphql/scopes.ts'
import { accessOf } from './access.ts'
import type { FieldName, Route } from './routes.ts'
import { prepareOperations, type Operation } from './sofa.ts'
import { variablesFor, wantsPage, type Source } from './variables.ts'

/** Answers one route: the value of its field, ready to be written as JSON. */
export type RunRoute = (ctx: Ctx, source: Source) => Promise<unknown>

/**
 * Makes a function of each route.
 * @throws Error when the table names a field that the schema does not have.
 */
export async function prepareRoutes(
  schema: GraphQLSchema,
  routes: readonly Route[],
): Promise<ReadonlyMap<Route, RunRoute>> {
  const names = routes.flatMap(({ field, paged }) => (paged ? [field, paged] : [field]))
  const operations = await prepareOperations(schema, [...new Set(names)])
  const operationOf = (name: FieldName): Operation => {
    const operation = operations.get(name)
    if (!operation) throw new Error(`There is no operation for ${name}.`)
    return operation
  }
  return new Map(
    routes.map((route) => {
      const plain = operationOf(route.field)
      const page = route.paged ? operationOf(route.paged) : null
      return [route, (ctx, source) => run({ schema, plain, page }, ctx, source)]
    }),
  )
}

interface Prepared {
  readonly schema: GraphQLSchema
  readonly plain: Operation
  readonly page: Operation | null
}

/** Throws what the field threw, and Failure BAD_REQUEST for arguments that do not fit. */
async function run(prepared: Prepared, ctx: Ctx, source: Source): Promise<unknown> {
  const { operation, variables } = choose(prepared, ctx, source)
  const result = await execute({
    schema: prepared.schema,
    document: operation.document,
    contextValue: ctx,
    variableValues: variables,
  })
  if (result.errors?.[0]) throw result.errors[0]
  return result.data?.[operation.field.name]
}

/** Refuses bad arguments only to those who may call the field: others learn that they may not. */
function choose(
  { plain, page }: Prepared,
  ctx: Ctx,
  source: Source,
): { operation: Operation; variables: Record<string, unknown> } {
  try {
    const operation = page && source.query && wantsPage(source.query) ? page : plain
    return { operation, variables: variablesFor(operation.field.args, source) }
  } catch (error) {
    admit(plain.field, ctx)
    throw error
  }
}

/** Throws what the field would throw for this caller, where that does not hang on a flow. */
function admit(field: GraphQLField<unknown, Ctx>, ctx: Ctx): void {
  const access = accessOf(field)
  const scopes = createScopes(ctx)
  if (access.kind === 'signedIn') scopes.signedIn()
  if (access.kind === 'person') scopes.person(access.permission)
  if (access.kind === 'manage') scopes.manage(access.permission)
}
