import type { NodeContext } from '../node/context.ts'
import type { JsonSchema } from '../node/instances.ts'
import { isRecord } from '../text/paths.ts'
import { callHttp } from './http-call.ts'
import { argument, pathPiece, toolSchema } from './schema.ts'

export interface Method {
  readonly name: string
  /** Sends a body; the others a query. */
  readonly sends: boolean
  readonly description: string
}

type Arguments = Readonly<Record<string, unknown>>

/** What the author has fixed; the rest the model says. */
export interface Request {
  readonly method: Method
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly maxLength: number
  /** What the author lets the model say, in one of the ways of `argumentsOf`. */
  readonly fields: unknown
}

export async function send(
  request: Request,
  args: Arguments,
  { ports, signal }: Pick<NodeContext, 'ports' | 'signal'>,
): Promise<string> {
  const { method, url, headers, body, maxLength, fields } = request
  const { url: asked, ...given } = args
  // Models put what belongs into the query under this name, unless it is a name of the author's.
  const isSpread = !method.sends && !Object.hasOwn(ownFields(request).properties, 'queryParams')
  const own = isSpread ? spread(given) : given
  const address = url || argument(asked)
  const ends = endsOf(address, own, fields)
  const said = without(own, (name) => isPlaced(address, name) || ends.includes(name))
  const answer = await callHttp(ports.fetch, {
    url: withEnds(
      withParameters(address, own),
      ends.map((name) => own[name]),
    ),
    method: method.name.toUpperCase(),
    headers,
    signal,
    ...(method.sends ? { body: bodyOf(body, said) } : { query: said }),
  })
  return answer.slice(0, maxLength)
}

/** What the author fixed with what the model says over it. */
function bodyOf(fixed: unknown, args: Arguments): unknown {
  const said = isRecord(args['body']) && Object.keys(args).length === 1 ? args['body'] : args
  if (isRecord(fixed)) return { ...fixed, ...said }
  return fixed || said
}

/**
 * The form of the arguments. The author's fields are rows of properties, a JSON Schema, or, as the
 * canvas suggests, an object `{name: {type, in, description, required}}`.
 */
export function argumentsOf(request: Request): JsonSchema {
  const { url, method } = request
  const { properties, required } = ownFields(request)
  const isBare = Object.keys(properties).length === 0
  const address = { url: { type: 'string', description: 'The address to call' } }
  return {
    type: 'object',
    properties: {
      ...(url === '' ? address : {}),
      ...(isBare ? anyFields(method) : properties),
    },
    required: [...(url === '' ? ['url'] : []), ...required],
  }
}

function ownFields({ fields }: Request) {
  const { properties, required } = toolSchema(isFieldsByName(fields) ? rowsOf(fields) : fields)
  return {
    properties: isRecord(properties) ? properties : {},
    required: Array.isArray(required) ? (required as unknown[]) : [],
  }
}

/** Where the author says nothing of fields, the model may say any. */
function anyFields({ sends }: Method): Record<string, JsonSchema> {
  if (sends) return { body: { type: 'object', description: 'What to send', properties: {} } }
  const description = 'What to add to the query, if anything'
  return { queryParams: { type: 'object', description, additionalProperties: { type: 'string' } } }
}

type FieldsByName = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function isFieldsByName(fields: unknown): fields is FieldsByName {
  return isRecord(fields) && Object.values(fields).every(isField)
}

/** The `properties` of a JSON Schema are none: what stands under these names is no text there. */
function isField(value: unknown): boolean {
  return (
    isRecord(value) && ['type', 'in', 'description'].some((key) => typeof value[key] === 'string')
  )
}

function rowsOf(fields: FieldsByName): object[] {
  return Object.entries(fields).map(([property, field]) => ({ ...field, property }))
}

/** What the model says of the query, beside what it says else. */
function spread({ queryParams, ...args }: Arguments): Arguments {
  if (isRecord(queryParams)) return { ...args, ...queryParams }
  return queryParams === undefined ? args : { ...args, queryParams }
}

/** The arguments that belong into the path and have no place there. */
function endsOf(url: string, args: Arguments, fields: unknown): string[] {
  if (!isFieldsByName(fields)) return []
  return Object.entries(fields).flatMap(([name, field]) => {
    const isEnd = field['in'] === 'path' && !isPlaced(url, name)
    return isEnd && argument(args[name]) !== '' ? [name] : []
  })
}

function withEnds(url: string, values: readonly unknown[]): string {
  if (values.length === 0) return url
  const ends = values.map((value) => `/${pathPiece(value)}`)
  return url.replace(/\/?(?=$|[?#])/, () => ends.join(''))
}

/** `/users/:id` and `/users/{id}` with the arguments of these names. */
function withParameters(url: string, args: Arguments): string {
  return url.replaceAll(/\/:(\w+)|\{(\w+)\}/g, (all: string, colon?: string, brace?: string) => {
    const value = args[colon ?? brace ?? '']
    if (value === undefined) return all
    return (colon === undefined ? '' : '/') + pathPiece(value)
  })
}

function without(args: Arguments, isLeftOut: (name: string) => boolean): Arguments {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !isLeftOut(name)))
}

function isPlaced(url: string, name: string): boolean {
  return url.includes(`/:${name}`) || url.includes(`{${name}}`)
}
