import type { Endpoint } from './exchange.ts'
import { graphqlPath } from './paths.ts'
import type { YogaParts } from './yoga.ts'

/**
 * GraphQL over HTTP. Yoga is a fifth of all code that a start loads, so it is loaded once the server
 * answers, or with the first operation.
 */
export function graphqlEndpoint(parts: YogaParts & { readonly bodyLimitBytes: number }): Endpoint {
  let loading: Promise<Endpoint['answer']> | undefined
  const load = async (): Promise<Endpoint['answer']> => {
    const { createGraphql } = await import('./yoga.ts')
    return createGraphql(parts)
  }
  return {
    method: 'POST',
    path: graphqlPath,
    body: {
      limitBytes: parts.bodyLimitBytes,
      types: ['json', 'graphql', 'multipart'],
      isGraphql: true,
    },
    answer: async (exchange) => (await (loading ??= load()))(exchange),
  }
}

/** The page for browsers at the same path: other clients' GET requests ask a query. */
export function orQueryByGet(page: Endpoint, graphql: Endpoint): Endpoint {
  return {
    ...page,
    answer: (exchange) =>
      exchange.headers['accept']?.includes('text/html')
        ? page.answer(exchange)
        : graphql.answer(exchange),
  }
}
