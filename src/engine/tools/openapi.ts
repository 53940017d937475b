import { Failure } from '../../core/errors.ts'
import type { JsonSchema, Tool } from '../node/instances.ts'
import { dig, isRecord } from '../text/paths.ts'
import { callHttp } from './http-call.ts'
import { argument, toolName } from './schema.ts'

type Json = Readonly<Record<string, unknown>>

/** How the operations of a document are called. */
export interface OpenApiWorld {
  readonly fetch: typeof globalThis.fetch
  readonly headers: Readonly<Record<string, string>>
  /** Replaces the document's own server. */
  readonly server?: string
  readonly returnDirect: boolean
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const maxAnswer = 20_000
/** More would not fit a model's context. */
const maxTools = 128
const maxDepth = 16
const maxParts = 5000

/**
 * One tool for each operation of an OpenAPI document: path, query and header parameters, and the
 * fields of a JSON body under `RequestBody`.
 * @throws Failure UNPROCESSABLE when the document names no server or no operation.
 */
export function openApiTools(document: Json, world: OpenApiWorld): readonly Tool[] {
  const server = world.server ?? dig(document, ['servers', '0', 'url'])
  if (typeof server !== 'string' || !URL.canParse(server)) {
    throw new Failure('UNPROCESSABLE', 'The OpenAPI document names no server with a full address.')
  }
  const tools = operationsOf(document).map((operation) => toolOf(operation, { ...world, server }))
  if (tools.length > 0) return tools.slice(0, maxTools)
  throw new Failure('UNPROCESSABLE', 'The OpenAPI document has no operations.')
}

interface Operation {
  readonly path: string
  readonly method: string
  readonly name: string
  readonly description: string
  readonly parameters: readonly Parameter[]
  readonly body: JsonSchema | undefined
}

interface Parameter {
  readonly name: string
  readonly place: string
  readonly required: boolean
  readonly schema: JsonSchema
}

function operationsOf(document: Json): Operation[] {
  const paths = isRecord(document['paths']) ? Object.entries(document['paths']) : []
  return paths.flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const found = dig(item, [method])
      if (!isRecord(found)) return []
      const shared = listOf(dig(item, ['parameters']))
      const parameters = [...shared, ...listOf(found['parameters'])].map((parameter) =>
        parameterOf(inlined(parameter, document)),
      )
      const words = found['description'] ?? found['summary']
      const body = dig(inlined(found['requestBody'], document), ['content', 'application/json'])
      return {
        path,
        method,
        parameters: parameters.filter(({ name }) => name !== ''),
        name: toolName(argument(found['operationId']) || `${method}${path.replaceAll('/', '_')}`),
        description: argument(words) || `${method.toUpperCase()} ${path}`,
        body: isRecord(body) && isRecord(body['schema']) ? body['schema'] : undefined,
      }
    }),
  )
}

function parameterOf(found: unknown): Parameter {
  const of = (key: string) => dig(found, [key])
  const schema = of('schema')
  const description = argument(of('description'))
  const form = isRecord(schema) ? schema : { type: 'string' }
  return {
    name: argument(of('name')),
    place: argument(of('in')),
    required: of('required') === true,
    schema: description === '' ? form : { description, ...form },
  }
}

function toolOf(operation: Operation, world: OpenApiWorld & { readonly server: string }): Tool {
  const { name, description, parameters, body } = operation
  const fields = parameters.map((parameter) => [parameter.name, parameter.schema] as const)
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name)
  return {
    kind: 'tool',
    name,
    description,
    returnDirect: world.returnDirect,
    schema: {
      type: 'object',
      properties: {
        ...Object.fromEntries(fields),
        ...(body === undefined ? {} : { RequestBody: body }),
      },
      required,
    },
    run: async (args, { signal }) => {
      const given = (place: string) =>
        parameters
          .filter((parameter) => parameter.place === place && args[parameter.name] !== undefined)
          .map((parameter) => [parameter.name, args[parameter.name]] as const)
      const path = given('path').reduce(
        (text, [key, value]) => text.replaceAll(`{${key}}`, encodeURIComponent(argument(value))),
        operation.path,
      )
      const sent = given('header').map(([key, value]) => [key, argument(value)] as const)
      const answer = await callHttp(world.fetch, {
        url: world.server.replace(/\/+$/, '') + path,
        method: operation.method.toUpperCase(),
        headers: { ...Object.fromEntries(sent), ...world.headers },
        query: Object.fromEntries(given('query')),
        signal,
        ...(body === undefined ? {} : { body: args['RequestBody'] ?? {} }),
      })
      return answer.slice(0, maxAnswer)
    },
  }
}

/** The value with every `$ref` into the document replaced by what it names. */
function inlined(value: unknown, document: Json): unknown {
  // What refers to itself would never end, and what branches would take forever.
  let left = maxParts
  const inline = (part: unknown, depth: number): unknown => {
    left -= 1
    if (depth > maxDepth || left < 0) return {}
    if (Array.isArray(part)) return part.map((item) => inline(item, depth + 1))
    if (!isRecord(part)) return part
    const ref = part['$ref']
    if (typeof ref === 'string' && ref.startsWith('#/')) {
      return inline(dig(document, ref.slice(2).split('/')), depth + 1)
    }
    const entries = Object.entries(part).map(([key, item]) => [key, inline(item, depth + 1)])
    return Object.fromEntries(entries) as Json
  }
  return inline(value, 0)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}
