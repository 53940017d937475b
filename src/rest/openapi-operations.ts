import { isNonNullType, type GraphQLArgument, type GraphQLField, type GraphQLSchema } from 'graphql'
import type { Ctx } from '../context.ts'
import { boundsOf } from '../graphql/bounds.ts'
import { accessOf, accessSentence, type Access } from './access.ts'
import { inputSchema, outputSchema, parameterSchema, type JsonSchema } from './openapi-schemas.ts'
import { readsQuery, type Route } from './routes.ts'
import { fieldOf } from './sofa.ts'

export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly JsonSchema[]
  readonly requestBody?: JsonSchema
  readonly responses: Readonly<Record<string, JsonSchema>>
}

/** Names of the refusals of `components.responses`, by status. */
export const refusals = {
  400: 'BadRequest',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Unprocessable',
  429: 'RateLimited',
  500: 'Internal',
  502: 'Upstream',
  503: 'Unavailable',
  504: 'Timeout',
} as const

export function operationOf(schema: GraphQLSchema, route: Route): OpenApiOperation {
  const field = fieldOf(schema, route.field)
  const page = route.paged ? fieldOf(schema, route.paged) : null
  const access = accessOf(field)
  const description = field.description ?? ''
  const parameters = parametersOf(route, field, page)
  const body = bodyOf(route, field)
  return {
    operationId: field.name,
    tags: [route.tag],
    summary: description.split(/(?<=\.)\s/)[0]?.replace(/\.$/, '') ?? '',
    description: [description, accessSentence(access)].join('\n\n'),
    security: securityOf(access),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: {
      200: {
        description: 'Done.',
        headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
        content: route.file
          ? { 'application/octet-stream': { schema: fileSchema } }
          : { 'application/json': { schema: answerSchema(field, page) } },
      },
      ...refusalsOf(route, field, access),
    },
  }
}

/** The bytes themselves, of whatever type. */
const fileSchema: JsonSchema = { type: 'string', format: 'binary' }

function answerSchema(
  field: GraphQLField<unknown, Ctx>,
  page: GraphQLField<unknown, Ctx> | null,
): JsonSchema {
  const plain = outputSchema({ type: field.type })
  return page ? { oneOf: [plain, outputSchema({ type: page.type })] } : plain
}

function isInPath(route: Route, name: string): boolean {
  return route.path.split('/').includes(`:${name}`)
}

function parametersOf(
  route: Route,
  field: GraphQLField<unknown, Ctx>,
  page: GraphQLField<unknown, Ctx> | null,
): JsonSchema[] {
  const inPath = field.args.filter(({ name }) => isInPath(route, name))
  const path = inPath.map((argument) => parameter(argument, 'path', true))
  if (!readsQuery(route.method)) return path
  const own = field.args.filter((argument) => !inPath.includes(argument))
  const query = own.map((argument) =>
    parameter(
      argument,
      'query',
      isNonNullType(argument.type) && argument.defaultValue === undefined,
    ),
  )
  const paging = (page?.args ?? []).filter(
    ({ name }) => !field.args.some((arg) => arg.name === name),
  )
  return [...path, ...query, ...paging.map((argument) => parameter(argument, 'query', false))]
}

function parameter(argument: GraphQLArgument, where: 'path' | 'query', required: boolean) {
  const { example } = boundsOf(argument.extensions)
  return {
    name: argument.name,
    in: where,
    required,
    description: argument.description ?? undefined,
    schema: parameterSchema(argument),
    example,
  }
}

function bodyOf(route: Route, field: GraphQLField<unknown, Ctx>): JsonSchema | null {
  const args = field.args.filter(({ name }) => !isInPath(route, name))
  if ((route.method !== 'POST' && route.method !== 'PUT') || args.length === 0) return null
  const required = args
    .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
    .map(({ name }) => name)
  const properties = Object.fromEntries(
    args.map((argument) => [argument.name, inputSchema(argument)]),
  )
  const examples = args
    .map((argument) => [argument.name, boundsOf(argument.extensions).example] as const)
    .filter(([name, example]) => example !== undefined || required.includes(name))
  const isWhole = examples.length > 0 && examples.every(([, example]) => example !== undefined)
  const media = {
    schema: { type: 'object', required, properties },
    ...(isWhole && { example: Object.fromEntries(examples) }),
  }
  return {
    required: required.length > 0,
    content: {
      'application/json': media,
      ...(route.oauth && { 'application/x-www-form-urlencoded': media }),
      ...(route.files && {
        'multipart/form-data': { schema: formSchema(media.schema, route.files) },
      }),
    },
  }
}

/** The same fields with the files themselves. */
function formSchema(schema: { readonly properties: JsonSchema }, files: string): JsonSchema {
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  const list = { type: 'array', maxItems: 1000, items: file, description: 'The files.' }
  return { ...schema, properties: { ...schema.properties, [files]: list } }
}

function securityOf(access: Access): OpenApiOperation['security'] {
  if (access.kind === 'anyone') return []
  if (access.kind !== 'flow') return [{ jwt: [] }]
  return [{ apiKey: [] }, { jwt: [] }, ...(access.anonymous ? [{}] : [])]
}

function refusalsOf(route: Route, field: GraphQLField<unknown, Ctx>, access: Access) {
  const hasBody = route.method === 'POST' || route.method === 'PUT'
  const isWork = access.kind === 'flow' || route.tag === 'Document stores'
  const runsNodes = isWork && hasBody
  const statuses = [
    400,
    401,
    ...(access.kind === 'anyone' ? [] : ([403] as const)),
    ...(field.args.some(({ name }) => isInPath(route, name)) ? ([404] as const) : []),
    ...(hasBody ? ([413, 415] as const) : []),
    ...(runsNodes ? ([422] as const) : []),
    429,
    500,
    ...(runsNodes ? ([502] as const) : []),
    503,
    ...(runsNodes ? ([504] as const) : []),
  ] as const
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${refusals[status]}` }]),
  )
}
