import { Failure } from '../core/errors.ts'
import { jsonAnswer, type Answer } from '../rest/answer.ts'
import type { RunRoute } from '../rest/execute.ts'
import type { MakeContext } from './contexts.ts'
import type { Exchange } from './exchange.ts'

/**
 * The token endpoint, RFC 6749 section 4.4: the client's id and secret come in the body (a form,
 * or JSON) or by HTTP Basic, never both; refusals carry the error names of section 5.2.
 */
export async function oauthAnswer(
  exchange: Exchange,
  run: RunRoute,
  makeContext: MakeContext,
): Promise<Answer> {
  try {
    const body = withClient(exchange.payload, exchange.headers.authorization)
    const ctx = await makeContext(exchange, null)
    return jsonAnswer(await run(ctx, { params: {}, query: null, body }), 200, {
      pragma: 'no-cache',
    })
  } catch (error) {
    throw named(error)
  }
}

function withClient(
  payload: Readonly<Record<string, unknown>>,
  authorization: string | undefined,
): Readonly<Record<string, unknown>> {
  const basic = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '')
  if (!basic) return payload
  if (Object.hasOwn(payload, 'client_secret')) {
    throw new Failure('BAD_REQUEST', 'Send the client secret in one way only.', {
      oauthError: 'invalid_request',
    })
  }
  const [id = '', ...secret] = Buffer.from(basic[1] ?? '', 'base64')
    .toString()
    .split(':')
  return { ...payload, client_id: unescaped(id), client_secret: unescaped(secret.join(':')) }
}

/** RFC 6749 section 2.3.1: both are form-encoded before they go into the header. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Refused arguments have no name of their own yet. */
function named(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'BAD_REQUEST' || error.details.oauthError) {
    return error
  }
  return new Failure(error.code, error.message, { ...error.details, oauthError: 'invalid_request' })
}
