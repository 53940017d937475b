import type { GraphQLSchema } from 'graphql'
import { fileAnswer, jsonAnswer, type SentFile } from '../rest/answer.ts'
import { prepareRoutes, type RunRoute } from '../rest/execute.ts'
import { basePath, readsQuery, type Route } from '../rest/routes.ts'
import { prepareStream, type RunStream } from '../rest/stream.ts'
import type { MakeContext } from './contexts.ts'
import type { Endpoint, Exchange } from './exchange.ts'
import { oauthAnswer } from './oauth.ts'
import { asksToStream, streamedAnswer } from './sse.ts'

const authLimitBytes = 65_536

export interface RestParts {
  readonly schema: GraphQLSchema
  readonly routes: readonly Route[]
  readonly bodyLimitBytes: number
  readonly makeContext: MakeContext
}

/**
 * One endpoint for each route of the table. What a route cannot carry, such as a stream, is an
 * endpoint around the one made here.
 */
export async function restEndpoints(parts: RestParts): Promise<Endpoint[]> {
  const prepared = await prepareRoutes(parts.schema, parts.routes)
  return [...prepared].map(([route, run]) => {
    const endpoint = endpointOf(route, run, parts)
    if (!route.streams) return endpoint
    return streaming(endpoint, prepareStream(parts.schema, route.streams), parts.makeContext)
  })
}

function endpointOf(route: Route, run: RunRoute, parts: RestParts): Endpoint {
  const hasBody = !readsQuery(route.method)
  const limitBytes =
    route.tag === 'Authentication'
      ? Math.min(authLimitBytes, parts.bodyLimitBytes)
      : parts.bodyLimitBytes
  return {
    method: route.method,
    path: basePath + route.path,
    ...(route.widget && { widget: true }),
    ...(hasBody && { body: bodyOf(route, limitBytes) }),
    answer: route.oauth
      ? (exchange) => oauthAnswer(exchange, run, parts.makeContext)
      : (exchange) => plainAnswer(exchange, { route, run, makeContext: parts.makeContext }),
  }
}

function bodyOf({ oauth, files }: Route, limitBytes: number): NonNullable<Endpoint['body']> {
  if (files !== undefined) return { limitBytes, types: ['json', 'multipart'], files }
  return { limitBytes, types: oauth ? ['json', 'form'] : ['json'] }
}

/** The same path answers piece by piece when it is asked to. */
function streaming(endpoint: Endpoint, stream: RunStream, makeContext: MakeContext): Endpoint {
  return {
    ...endpoint,
    answer: (exchange) =>
      asksToStream(exchange)
        ? streamedAnswer(exchange, stream, makeContext)
        : endpoint.answer(exchange),
  }
}

interface Running {
  readonly route: Route
  readonly run: RunRoute
  readonly makeContext: MakeContext
}

async function plainAnswer(exchange: Exchange, { route, run, makeContext }: Running) {
  const ctx = await makeContext(exchange, exchange.headers.authorization ?? null)
  const hasQuery = readsQuery(route.method)
  const value = await run(ctx, {
    params: exchange.found?.params ?? {},
    query: hasQuery ? new URLSearchParams(exchange.query) : null,
    body: hasQuery ? null : exchange.payload,
  })
  return route.file ? fileAnswer(value as SentFile) : jsonAnswer(value)
}
