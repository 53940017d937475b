import { Failure } from '../../core/errors.ts'
import type { JsonSchema, Tool } from '../node/instances.ts'
import { dig, isRecord } from '../text/paths.ts'
import { withoutEndSlashes } from '../text/urls.ts'
import { addressOf, callHttp, type HttpCall } from './http-call.ts'
import { argument, pathPiece, toolName } from './schema.ts'

type Json = Readonly<Record<string, unknown>>

/** How the operations of a document are called. */
export interface OpenApiWorld {
  readonly fetch: typeof globalThis.fetch
  readonly headers: Readonly<Record<string, string>>
  /** Replaces the document's own server. */
  readonly server?: string
  /** Names of the operations that are wanted; none: all. */
  readonly wanted?: readonly string[]
  readonly returnDirect: boolean
  /** Arguments that are null are none. */
  readonly removesNulls?: boolean
  /** The author's code, which makes the calls instead. */
  readonly runCode?: (values: Json, signal: AbortSignal) => Promise<string>
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const maxAnswer = 20_000
/** More would not fit a model's context. */
const maxTools = 128
const maxDepth = 16
const maxParts = 5000

/** Where parameters stand, and under what name a model gives those of a place. */
const groups = { path: 'PathParameters', query: 'QueryParameters', header: 'HeaderParameters' }
type Place = keyof typeof groups
const places = Object.keys(groups) as readonly Place[]

/**
 * One tool for each operation of an OpenAPI document that is wanted. A model gives its parameters
 * under `PathParameters` and so on, and a JSON body under `RequestBody`.
 * @throws Failure UNPROCESSABLE when the document names no server or no operation.
 */
export function openApiTools(document: Json, world: OpenApiWorld): readonly Tool[] {
  const server = world.server ?? dig(document, ['servers', '0', 'url'])
  if (typeof server !== 'string' || !URL.canParse(server)) {
    throw new Failure('UNPROCESSABLE', 'The OpenAPI document names no server with a full address.')
  }
  const wanted = new Set(world.wanted?.map(toolName))
  const operations = operationsOf(document).filter(
    ({ name }) => wanted.size === 0 || wanted.has(name),
  )
  const tools = operations.map((operation) => toolOf(operation, { ...world, server }))
  if (tools.length > 0) return tools.slice(0, maxTools)
  throw new Failure('UNPROCESSABLE', 'The OpenAPI document has no operations that are wanted.')
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

type Served = OpenApiWorld & { readonly server: string }

function toolOf(operation: Operation, world: Served): Tool {
  const { name, description, body } = operation
  const given = places.flatMap((place) => {
    const schema = groupSchema(operation.parameters.filter((at) => at.place === place))
    return schema === undefined ? [] : [[groups[place], schema] as const]
  })
  return {
    kind: 'tool',
    name,
    description,
    returnDirect: world.returnDirect,
    schema: {
      type: 'object',
      properties: {
        ...Object.fromEntries(given),
        ...(body === undefined ? {} : { RequestBody: body }),
      },
      required: given.filter(([, { required }]) => required.length > 0).map(([group]) => group),
    },
    run: async (args, { signal }) => {
      const values = world.removesNulls === true ? withoutNulls(args) : args
      const call = callOf(operation, values, world)
      if (world.runCode === undefined) {
        return (await callHttp(world.fetch, { ...call, signal })).slice(0, maxAnswer)
      }
      return world.runCode({ ...values, ...forCode(call) }, signal)
    },
  }
}

function groupSchema(parameters: readonly Parameter[]) {
  if (parameters.length === 0) return undefined
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema] as const)),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}

function callOf(operation: Operation, args: Json, world: Served): Omit<HttpCall, 'signal'> {
  // Models leave the groups out now and then.
  const valueOf = (place: Place, name: string) => dig(args, [groups[place], name]) ?? args[name]
  const given = (place: Place) =>
    operation.parameters
      .filter((parameter) => parameter.place === place)
      .map(({ name }) => [name, valueOf(place, name)] as const)
      .filter(([, value]) => value !== undefined)
  const path = given('path').reduce(
    (text, [key, value]) => text.replaceAll(`{${key}}`, pathPiece(value)),
    operation.path,
  )
  const sent = given('header').map(([key, value]) => [key, argument(value)] as const)
  return {
    url: withoutEndSlashes(world.server) + path,
    method: operation.method.toUpperCase(),
    headers: { ...Object.fromEntries(sent), ...world.headers },
    query: Object.fromEntries(given('query')),
    ...(operation.body === undefined ? {} : { body: args['RequestBody'] ?? {} }),
  }
}

/** The call as authors' code knows it, to hand it on to `fetch`. */
function forCode({ method, headers, body, ...call }: Omit<HttpCall, 'signal'>): Json {
  const written = body === undefined ? {} : { body: JSON.stringify(body) }
  const options = {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...written,
  }
  return { url: addressOf(call).href, options }
}

function withoutNulls(args: Json): Json {
  const kept = Object.entries(args).filter(([, value]) => value !== null)
  return Object.fromEntries(
    kept.map(([name, value]) => [name, isRecord(value) ? withoutNulls(value) : value]),
  )
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
