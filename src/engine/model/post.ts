import { createJsonErrorResponseHandler } from '@ai-sdk/provider-utils'
import { z } from 'zod'

/** Where a provider is, and what opens it. */
export interface Reached {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof globalThis.fetch
}

/**
 * Sends JSON to a provider that tells its errors as OpenAI does.
 * @throws APICallError for any other status than success, with the provider's words.
 */
export async function postJson(
  path: string,
  body: unknown,
  { baseUrl, headers, fetch, signal }: Reached & { readonly signal?: AbortSignal | undefined },
): Promise<Response> {
  const url = baseUrl + path
  const sent = { 'content-type': 'application/json', ...headers }
  const response = await fetch(url, {
    method: 'POST',
    headers: sent,
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
  if (response.ok) return response
  const { value } = await readError({ response, url, requestBodyValues: undefined })
  throw value
}

const readError = createJsonErrorResponseHandler({
  errorSchema: z.object({ error: z.object({ message: z.string() }) }),
  errorToMessage: ({ error }) => error.message,
})
