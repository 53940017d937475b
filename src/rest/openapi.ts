import type { GraphQLSchema } from 'graphql'
import { statusByCode } from '../core/errors.ts'
import { operationOf, refusals, type OpenApiOperation } from './openapi-operations.ts'
import { componentSchema, reachable, type JsonSchema } from './openapi-schemas.ts'
import { basePath, tags, type Route } from './routes.ts'
import { fieldOf } from './sofa.ts'

export type { OpenApiOperation } from './openapi-operations.ts'

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: JsonSchema
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: JsonSchema
}

/** The REST contract: what the route table says, told with what the schema knows. */
export function writeOpenApi(schema: GraphQLSchema, routes: readonly Route[]): OpenApiDocument {
  const operations = routes.map((route) => [route, operationOf(schema, route)] as const)
  const document: OpenApiDocument = {
    openapi: '3.1.0',
    info: {
      title: 'Flowgate',
      version: '1',
      summary: 'Runs LLM chatflows.',
      description:
        'REST over the GraphQL schema of the same server: same fields, same permissions, same errors.',
      contact: { name: 'The operator of this server' },
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: basePath, description: 'This server.' }],
    tags: Object.entries(tags)
      .filter(([name]) => name === 'Server' || routes.some((route) => route.tag === name))
      .map(([name, description]) => ({ name, description })),
    paths: { ...pathsOf(operations), '/ping': { get: ping } },
    components: componentsOf(schema, operations),
  }
  // Keywords without a value go, as JSON would drop them.
  return JSON.parse(JSON.stringify(document)) as OpenApiDocument
}

function pathsOf(operations: readonly (readonly [Route, OpenApiOperation])[]) {
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const [route, operation] of operations) {
    const names = paramNames(operations, route)
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => `{${names.get(name)}}`)
    const parameters = operation.parameters?.map((parameter) => {
      const name = parameter['in'] === 'path' ? names.get(String(parameter['name'])) : undefined
      return name === undefined ? parameter : { ...parameter, name }
    })
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: { ...operation, ...(parameters && { parameters }) },
    }
  }
  return paths
}

/**
 * What the parameters of a path are called. OpenAPI knows no two paths that differ in such names
 * alone: where routes call the same place by two names, it is `pageOrId`.
 */
function paramNames(
  operations: readonly (readonly [Route, OpenApiOperation])[],
  { path }: Route,
): ReadonlyMap<string, string> {
  const shape = shapeOf(path)
  const alike = operations.filter(([other]) => shapeOf(other.path) === shape)
  const named = alike.map(([other]) => namesIn(other.path))
  return new Map(
    namesIn(path).map((name, at) => {
      const [first = name, ...others] = new Set(named.map((names) => names[at] ?? name))
      return [name, first + others.map((other) => `Or${capitalized(other)}`).join('')]
    }),
  )
}

function shapeOf(path: string): string {
  return path.replaceAll(/:\w+/g, ':')
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

const ping: OpenApiOperation = {
  operationId: 'ping',
  tags: ['Server'],
  summary: 'Whether the server answers',
  description: 'Answers the text pong.\n\nOpen to anyone.',
  security: [],
  responses: {
    200: {
      description: 'It does.',
      headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
      content: { 'text/plain': { schema: { type: 'string', const: 'pong' } } },
    },
    405: { $ref: '#/components/responses/MethodNotAllowed' },
  },
}

function componentsOf(
  schema: GraphQLSchema,
  operations: readonly (readonly [Route, OpenApiOperation])[],
): JsonSchema {
  const used = new Set(operations.flatMap(([, { responses }]) => Object.keys(responses)))
  return {
    securitySchemes: {
      jwt: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'The token of a login, or of an exchanged API key.',
      },
      apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: sk_….' },
    },
    headers: {
      'X-Request-Id': {
        description: 'Names the request in our logs; the one sent, if it was sane.',
        schema: { type: 'string', pattern: '^[\\w.-]{1,100}$', maxLength: 100 },
      },
      'Retry-After': {
        description: 'Seconds after which the same request may pass.',
        schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 2 ** 31 - 1 },
      },
      'WWW-Authenticate': {
        description: 'The challenge of RFC 6750.',
        schema: { type: 'string', maxLength: 200 },
      },
      Allow: {
        description: 'The methods that the path answers.',
        schema: { type: 'string', maxLength: 200 },
      },
    },
    responses: Object.fromEntries([
      ...Object.entries(refusals)
        .filter(([status]) => used.has(status))
        .map(([status, name]) => [name, refusal(Number(status))]),
      ['MethodNotAllowed', refusal(405)],
    ]),
    schemas: {
      Error: errorSchema,
      ...schemasOf(
        schema,
        operations.map(([route]) => route),
      ),
    },
  }
}

function schemasOf(schema: GraphQLSchema, routes: readonly Route[]) {
  const fields = routes.flatMap(({ field, paged }) => [
    fieldOf(schema, field),
    ...(paged ? [fieldOf(schema, paged)] : []),
  ])
  // A file is told as what it is, not as the field that holds it.
  const files = new Set(routes.filter(({ file }) => file).map(({ field }) => field))
  const shown = fields.filter(({ name }) => !files.has(`Query.${name}`))
  // Arguments stand in the operations themselves; only what they refer to is a component.
  const types = [
    ...shown.map((field) => field.type),
    ...fields.flatMap((field) => field.args).map((argument) => argument.type),
  ]
  return Object.fromEntries(
    reachable(types)
      .map((type) => [type.name, componentSchema(type)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const headersByStatus: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  405: ['Allow'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request does not fit; the message names what.',
  401: 'No credential, or one that is not valid.',
  403: 'A valid credential that may not do this.',
  404: 'There is no such thing for this caller.',
  405: 'The path does not answer this method.',
  409: 'It clashes with what is there.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The chatflow cannot be run; the message names the node.',
  429: 'Too many attempts.',
  500: 'A fault of ours.',
  502: 'A provider that the chatflow calls failed.',
  503: 'Overloaded, or the database is away.',
  504: 'A provider took too long.',
}

function refusal(status: number): JsonSchema {
  const names = ['X-Request-Id', ...(headersByStatus[status] ?? [])]
  return {
    description: meanings[status],
    headers: Object.fromEntries(
      names.map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    ),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}

const errorSchema: JsonSchema = {
  type: 'object',
  description: 'Every refusal.',
  required: ['statusCode', 'success', 'code', 'message', 'requestId'],
  properties: {
    statusCode: { type: 'integer', format: 'int32', minimum: 400, maximum: 599 },
    success: { type: 'boolean', const: false },
    code: { type: 'string', enum: Object.keys(statusByCode) },
    message: { type: 'string', description: 'One plain sentence.', maxLength: 2000 },
    requestId: { type: 'string', maxLength: 100 },
    error: {
      type: 'string',
      description: 'RFC 6749 section 5.2; token endpoint only.',
      maxLength: 64,
    },
    error_description: { type: 'string', description: 'The message again.', maxLength: 2000 },
  },
}
