import { isListType, isNonNullType, isRequiredArgument, type GraphQLArgument } from 'graphql'
import { Failure } from '../core/errors.ts'
import { pageRequest } from '../core/paging.ts'
import { conform, fromText } from './conform.ts'

/** Where the arguments of a REST call come from. */
export interface Source {
  /** Decoded segments of the path, by name. */
  readonly params: Readonly<Record<string, string>>
  /** Null where a query string feeds nothing: all methods but GET. */
  readonly query: URLSearchParams | null
  /** Null for methods without a body. */
  readonly body: Readonly<Record<string, unknown>> | null
}

/**
 * The variables of a field: from the path, else from the query string of a GET or DELETE, else
 * from the body. Whatever is not an argument is ignored, an argument that is not there stays away, and null
 * stays null.
 *
 * @throws Failure BAD_REQUEST with one sentence naming the argument
 */
export function variablesFor(
  args: readonly GraphQLArgument[],
  source: Source,
): Record<string, unknown> {
  const variables: Record<string, unknown> = {}
  for (const argument of args) {
    const value = valueOf(argument, source)
    if (value !== undefined) variables[argument.name] = value
    else if (isRequiredArgument(argument)) {
      throw new Failure('BAD_REQUEST', `${argument.name} is required.`)
    }
  }
  return variables
}

/**
 * Whether a list is asked for by pages.
 * @throws Failure BAD_REQUEST unless `page` and `limit` are both there, and in bounds
 */
export function wantsPage(query: URLSearchParams): boolean {
  const [page, limit] = [query.getAll('page'), query.getAll('limit')]
  if (page.length === 0 && limit.length === 0) return false
  pageRequest(wholeNumber(page), wholeNumber(limit))
  return true
}

function valueOf({ name, type }: GraphQLArgument, source: Source): unknown {
  const param = Object.hasOwn(source.params, name) ? source.params[name] : undefined
  if (param !== undefined) return fromText(param, type, name)
  if (source.query) return fromQuery(source.query.getAll(name), { name, type })
  if (source.body && Object.hasOwn(source.body, name)) return conform(source.body[name], type, name)
  return undefined
}

function fromQuery(
  texts: readonly string[],
  { name, type }: Pick<GraphQLArgument, 'name' | 'type'>,
): unknown {
  const [first] = texts
  if (first === undefined) return undefined
  const inner = isNonNullType(type) ? type.ofType : type
  if (isListType(inner)) return texts.map((text) => fromText(text, inner.ofType, name))
  if (texts.length > 1) throw new Failure('BAD_REQUEST', `${name} must be given once.`)
  return fromText(first, type, name)
}

function wholeNumber([text, second]: readonly string[]): number {
  return text !== undefined && second === undefined && /^\d{1,10}$/.test(text) ? Number(text) : NaN
}
