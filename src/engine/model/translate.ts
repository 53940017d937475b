import { isRecord, parseJson } from '../text/paths.ts'

type Fetch = typeof globalThis.fetch
export type Json = Readonly<Record<string, unknown>>

/** A request as a provider's package would send it. */
export interface Sent {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
}

/** How a provider differs from the format that its package speaks. */
export interface Translation {
  readonly request: (sent: Sent) => Sent
  /** Its answer in that format; absent where it is the same. */
  readonly answer?: (answer: unknown) => unknown
}

/** A fetch that speaks to a provider with a format, or places, of its own. */
export function translated(fetch: Fetch, { request, answer }: Translation): Fetch {
  return async (input, init) => {
    const body = typeof init?.body === 'string' ? parseJson(init.body) : undefined
    const sent = request({
      url: input instanceof Request ? input.url : String(input),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: isRecord(body) ? body : {},
    })
    const response = await fetch(sent.url, {
      ...init,
      headers: sent.headers,
      body: JSON.stringify(sent.body),
    })
    if (answer === undefined || !response.ok) return response
    return Response.json(answer(await response.json()))
  }
}

/** The fields without those of the given names. */
export function without<T>(
  fields: Readonly<Record<string, T>>,
  ...names: readonly string[]
): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}

/** The texts of a request for embeddings in OpenAI's format. */
export function textsIn({ input }: Json): readonly unknown[] {
  return Array.isArray(input) ? input : [input]
}

/** Vectors, in the order of their texts, as an answer in OpenAI's format. */
export function vectorsAnswer(vectors: unknown): Json {
  const list: readonly unknown[] = Array.isArray(vectors) ? vectors : []
  return { data: list.map((embedding) => ({ embedding })) }
}
