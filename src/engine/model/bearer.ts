import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { isRecord, parseJson } from '../text/paths.ts'

type Fetch = typeof globalThis.fetch

/** How a key is exchanged for a token that opens the provider for a while. */
export interface Exchange {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams
  /** Where the answer has the token. */
  readonly field: string
}

/** Long before any of the providers' tokens end. */
const keptMs = 10 * 60_000

/**
 * A fetch whose requests carry a token. The key is exchanged with the first of them, and now and
 * then anew; the token is concealed like the key.
 */
export function bearing(context: NodeContext, exchange: () => Exchange): Fetch {
  const { ports, conceal } = context
  let until = 0
  let exchanging: Promise<string> | undefined
  const fresh = async (): Promise<string> => {
    try {
      const token = await exchanged(exchange(), context)
      conceal(token)
      return token
    } catch (error) {
      exchanging = undefined
      throw error
    }
  }
  return async (input, init) => {
    const now = ports.clock.now().getTime()
    if (now >= until) {
      exchanging = undefined
      until = now + keptMs
    }
    const token = await (exchanging ??= fresh())
    return ports.fetch(input, { ...init, headers: carrying(token, init?.headers) })
  }
}

/** The headers with this authorisation and no other key. */
export function carrying(token: string, headers: RequestInit['headers']): Headers {
  const own = new Headers(headers)
  for (const name of ['x-goog-api-key', 'x-api-key']) own.delete(name)
  own.set('authorization', `Bearer ${token}`)
  return own
}

async function exchanged(
  { url, method, headers, body, field }: Exchange,
  { node, ports, signal }: NodeContext,
): Promise<string> {
  const init = { method, headers, signal, ...(body === undefined ? {} : { body: body.toString() }) }
  const response = await ports.fetch(url, init)
  const text = await response.text()
  const answer = parseJson(text)
  const token = isRecord(answer) ? answer[field] : undefined
  if (response.ok && typeof token === 'string' && token !== '') return token
  const who = `${new URL(url).host}, which is asked for the token of ${nodeTitle(node)},`
  throw new Failure('UPSTREAM', `${who} answered ${response.status}: ${text.trim().slice(0, 300)}`)
}
