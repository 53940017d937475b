import type { NodeContext } from '../node/context.ts'
import type { JsonSchema } from '../node/instances.ts'
import { isRecord } from '../text/paths.ts'
import { callHttp } from './http-call.ts'
import { argument, toolSchema } from './schema.ts'

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
}

export async function send(
  { method, url, headers, body, maxLength }: Request,
  args: Arguments,
  { ports, signal }: Pick<NodeContext, 'ports' | 'signal'>,
): Promise<string> {
  const { url: asked, ...own } = args
  const address = url || argument(asked)
  const rest = unplaced(address, own)
  const answer = await callHttp(ports.fetch, {
    url: withParameters(address, own),
    method: method.name.toUpperCase(),
    headers,
    signal,
    ...(method.sends ? { body: bodyOf(body, rest) } : { query: rest }),
  })
  return answer.slice(0, maxLength)
}

/** What the author fixed with what the model says over it. */
function bodyOf(fixed: unknown, args: Arguments): unknown {
  const said = isRecord(args['body']) && Object.keys(args).length === 1 ? args['body'] : args
  if (isRecord(fixed)) return { ...fixed, ...said }
  return fixed || said
}

export function argumentsOf({ url, method }: Request, fields: unknown): JsonSchema {
  const own = toolSchema(fields)
  const properties = isRecord(own['properties']) ? own['properties'] : {}
  const required = Array.isArray(own['required']) ? (own['required'] as unknown[]) : []
  const isBare = method.sends && Object.keys(properties).length === 0
  const address = { url: { type: 'string', description: 'The address to call' } }
  const body = { body: { type: 'object', description: 'What to send', properties: {} } }
  return {
    type: 'object',
    properties: { ...(url === '' ? address : {}), ...(isBare ? body : properties) },
    required: [...(url === '' ? ['url'] : []), ...required],
  }
}

/** `/users/:id` and `/users/{id}` with the arguments of these names. */
function withParameters(url: string, args: Arguments): string {
  return url.replaceAll(/\/:(\w+)|\{(\w+)\}/g, (all: string, colon?: string, brace?: string) => {
    const value = args[colon ?? brace ?? '']
    if (value === undefined) return all
    return (colon === undefined ? '' : '/') + encodeURIComponent(argument(value))
  })
}

/** The arguments that have no place in the address. */
function unplaced(url: string, args: Arguments): Arguments {
  const isPlaced = (name: string) => url.includes(`/:${name}`) || url.includes(`{${name}}`)
  return Object.fromEntries(Object.entries(args).filter(([name]) => !isPlaced(name)))
}
