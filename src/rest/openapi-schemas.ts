import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLType,
} from 'graphql'
import { largestPage } from '../core/paging.ts'
import { boundsOf, type Bounds } from '../graphql/bounds.ts'

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 has them. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** What of a field or argument a schema is made of. */
export interface Described {
  readonly type: GraphQLType
  readonly description?: string | null | undefined
  readonly extensions?: unknown
}

/** The schema of what a field answers; `$ref` for every type of ours. */
export function outputSchema({ type, description }: Described): JsonSchema {
  if (isNonNullType(type)) return described(present(type.ofType, {}), description)
  return described(nullable(present(type, {})), description)
}

/** The schema of an argument or input field, with its bounds; null where null means something. */
export function inputSchema({ type, description, extensions }: Described): JsonSchema {
  const bounds = boundsOf(extensions)
  const schema = present(isNonNullType(type) ? type.ofType : type, bounds)
  const takesNull = !isNonNullType(type) && bounds.notNull !== true
  return described(takesNull ? nullable(schema) : schema, description, bounds)
}

/** The schema of a path or query parameter, where null cannot be written. */
export function parameterSchema({ type, extensions }: Described): JsonSchema {
  return present(isNonNullType(type) ? type.ofType : type, boundsOf(extensions))
}

/** The component schema of a type of ours, or null for a type that needs none. */
export function componentSchema(type: GraphQLNamedType): JsonSchema | null {
  const description = type.description ?? undefined
  if (isEnumType(type)) {
    return { type: 'string', description, enum: type.getValues().map((value) => value.name) }
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    const required = fields.filter((field) => isNonNullType(field.type)).map(({ name }) => name)
    const properties = fields.map((field) => [field.name, inputSchema(field)] as const)
    return { type: 'object', description, required, properties: Object.fromEntries(properties) }
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return null
  const fields = Object.values(type.getFields())
  return {
    type: 'object',
    description,
    // Absent values are null, so that every property is there.
    required: fields.map((field) => field.name),
    properties: Object.fromEntries(fields.map((field) => [field.name, outputSchema(field)])),
  }
}

/** Every type of ours that can be reached from these, each once. */
export function reachable(types: readonly GraphQLType[]): GraphQLNamedType[] {
  const known = new Set<GraphQLNamedType>()
  const left: GraphQLNamedType[] = types.map((type) => getNamedType(type))
  for (let type = left.pop(); type; type = left.pop()) {
    if (known.has(type)) continue
    known.add(type)
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values<Described>(type.getFields()))
        left.push(getNamedType(field.type))
    }
  }
  return [...known].filter((type) => componentSchema(type) !== null)
}

function present(type: GraphQLType, bounds: Bounds): JsonSchema {
  if (isListType(type)) {
    const items = isNonNullType(type.ofType)
      ? present(type.ofType.ofType, {})
      : nullable(present(type.ofType, {}))
    return { type: 'array', items, maxItems: bounds.maxItems ?? largestPage }
  }
  const { name } = getNamedType(type)
  const scalar = scalars[name]
  return scalar ? scalar(bounds) : { $ref: `#/components/schemas/${name}` }
}

const scalars: Readonly<Record<string, (bounds: Bounds) => JsonSchema>> = {
  String: textSchema,
  ID: textSchema,
  Int: ({ minimum, maximum }) => ({
    type: 'integer',
    format: 'int32',
    minimum: minimum ?? -(2 ** 31),
    maximum: maximum ?? 2 ** 31 - 1,
  }),
  Float: ({ minimum, maximum }) => ({ type: 'number', minimum, maximum }),
  Boolean: () => ({ type: 'boolean' }),
  DateTime: () => ({ type: 'string', format: 'date-time', maxLength: 40 }),
  JSON: () => ({}),
}

function textSchema({ minLength, maxLength, pattern, format }: Bounds): JsonSchema {
  return { type: 'string', minLength, maxLength, pattern, format }
}

function nullable(schema: JsonSchema): JsonSchema {
  if ('$ref' in schema) return { anyOf: [schema, { type: 'null' }] }
  return 'type' in schema ? { ...schema, type: [schema['type'], 'null'] } : schema
}

function described(
  schema: JsonSchema,
  description: string | null | undefined,
  bounds: Bounds = {},
): JsonSchema {
  const examples = bounds.example === undefined ? undefined : [bounds.example]
  return { ...schema, description: description ?? undefined, examples }
}
