import {
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLField,
  type ObjectTypeDefinitionNode,
} from 'graphql'
import { useSofa } from 'sofa-api'
import type { Ctx } from '../context.ts'
import type { FieldName } from './routes.ts'

/** A root field and the operation SOFA writes for it: all its arguments, all it can answer. */
export interface Operation {
  readonly field: GraphQLField<unknown, Ctx>
  readonly document: DocumentNode
}

/** Fields that SOFA would follow into a circle of ever more rows. */
const unfollowed: string[] = []

/**
 * Lets SOFA write one operation for each field, and keeps them.
 *
 * SOFA hands an operation out only when it runs it. So each of its routes is called here once,
 * with an executor that keeps the document and runs nothing. Requests do not pass its router:
 * see `docs/decisions/rest-by-sofa.md`.
 *
 * @throws Error for a field that the schema does not have.
 */
export async function prepareOperations(
  schema: GraphQLSchema,
  names: readonly FieldName[],
): Promise<ReadonlyMap<FieldName, Operation>> {
  const written: DocumentNode[] = []
  const options = {
    basePath: '',
    schema: onlyFields(schema, names),
    routes: Object.fromEntries(
      names.map((name) => [name, { method: 'GET' as const, path: `/${name}` }]),
    ),
    ignore: unfollowed,
    // Otherwise a type with a list field and an id field shrinks to its id wherever it is nested.
    models: [],
    execute: (args: { document: DocumentNode }): Promise<ExecutionResult> => {
      written.push(args.document)
      return Promise.resolve({ data: {} })
    },
  }
  const sofa = useSofa(options)
  const operations = new Map<FieldName, Operation>()
  for (const name of names) {
    await sofa.fetch(`http://localhost/${name}`)
    const document = written.pop()
    if (!document) throw new Error(`SOFA wrote no operation for ${name}.`)
    operations.set(name, { field: fieldOf(schema, name), document })
  }
  return operations
}

/** The field of that name, such as `Query.chatflows`. */
export function fieldOf(schema: GraphQLSchema, name: FieldName): GraphQLField<unknown, Ctx> {
  const [type, key] = name.split('.')
  const root = type === 'Query' ? schema.getQueryType() : schema.getMutationType()
  const field = root?.getFields()[key ?? '']
  if (!field) throw new Error(`The route table names ${name}, which the schema does not have.`)
  return field
}

/** The same schema with these root fields only: SOFA mounts whatever it is shown. */
function onlyFields(schema: GraphQLSchema, names: readonly FieldName[]): GraphQLSchema {
  const config = schema.toConfig()
  const root = (type: 'Query' | 'Mutation'): GraphQLObjectType | null => {
    const chosen = names.filter((name) => name.startsWith(`${type}.`))
    if (chosen.length === 0 && type === 'Mutation') return null
    const all = (type === 'Query' ? config.query : config.mutation)?.toConfig().fields ?? {}
    const fields = Object.fromEntries(
      chosen.map((name) => {
        const field = all[fieldOf(schema, name).name]
        if (!field) throw new Error(`${name} has gone.`)
        return [name.slice(type.length + 1), field]
      }),
    )
    return new GraphQLObjectType({ name: type, fields, astNode: emptyNode(type) })
  }
  const roots = [config.query, config.mutation, config.subscription]
  return new GraphQLSchema({
    ...config,
    query: root('Query'),
    mutation: root('Mutation'),
    subscription: null,
    types: config.types.filter((type) => !roots.some((known) => known === type)),
  })
}

/** For descriptions SOFA prints and parses a type without a node, once for every argument of it. */
function emptyNode(name: string): ObjectTypeDefinitionNode {
  return { kind: Kind.OBJECT_TYPE_DEFINITION, name: { kind: Kind.NAME, value: name }, fields: [] }
}
