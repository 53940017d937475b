import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { isRecord, parseJson } from '../text/paths.ts'
import { callHttp } from './http-call.ts'
import type { SearchService } from './search-services.ts'

interface Search {
  readonly query: string
  /** Where the service is, where the author says so. */
  readonly apiBase?: string
  /** Added to what is sent. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/**
 * What a service answers to a search, as JSON.
 * @throws Failure UNPROCESSABLE naming the node and what it lacks, UPSTREAM.
 */
export async function search(
  service: SearchService,
  { query, apiBase = '', parameters = {} }: Search,
  context: NodeContext,
): Promise<unknown> {
  const values = await searchValues(service, apiBase, context)
  const call = service.call(query, values)
  const { signal } = context
  const added = isRecord(call.body)
    ? { body: { ...call.body, ...parameters } }
    : { query: { ...call.query, ...parameters } }
  const whole = { ...call, ...added, signal }
  return parseJson(await callHttp(context.ports.fetch, whole))
}

/**
 * The fields a service needs. A model that searches is told what is missing, so that it can answer
 * without. @throws Failure UNPROCESSABLE naming the node and the field.
 */
export async function searchValues(
  { fields }: SearchService,
  apiBase: string,
  context: Pick<NodeContext, 'node' | 'credential'>,
): Promise<Readonly<Record<string, string>>> {
  const values = { ...(await context.credential()), ...(apiBase === '' ? {} : { apiBase }) }
  const lacking = fields.find((field) => !Object.hasOwn(values, field))
  if (lacking === undefined) return values
  const what = lacking === 'apiBase' ? 'an address' : `a credential with ${lacking}`
  const sentence = `The node ${nodeTitle(context.node)} cannot search: it needs ${what}.`
  throw new Failure('UNPROCESSABLE', sentence)
}
