import type { GraphQLSchema } from 'graphql'
import type { Deps } from '../context.ts'
import { anonymous } from '../core/caller.ts'
import { noMetrics } from '../platform/metrics.ts'
import type { Answer } from '../rest/answer.ts'
import { writeOpenApi } from '../rest/openapi.ts'
import { routes as allRoutes, type Route } from '../rest/routes.ts'
import { contextMaker, type ContextParts } from './contexts.ts'
import { contractEndpoints } from './contract.ts'
import { openExchange, type Endpoint, type Handle, type Incoming, type Stage } from './exchange.ts'
import { toIncoming, toResponse } from './fetch.ts'
import { graphqlEndpoint, orQueryByGet } from './graphql-endpoint.ts'
import { healthEndpoints } from './health.ts'
import { hasPublicMetrics, metricsEndpoint } from './metrics.ts'
import { pageEndpoints } from './pages/pages.ts'
import { graphqlPath } from './paths.ts'
import { restEndpoints } from './rest.ts'
import { createRouter } from './router.ts'
import { accessLog } from './stages/access-log.ts'
import { clientAddress } from './stages/client-address.ts'
import { cors } from './stages/cors.ts'
import { errors } from './stages/errors.ts'
import { findEndpoint } from './stages/find-endpoint.ts'
import { measure } from './stages/measure.ts'
import { readBody } from './stages/read-body.ts'
import { requestId } from './stages/request-id.ts'
import { requireEndpoint } from './stages/require-endpoint.ts'
import { securityHeaders } from './stages/security-headers.ts'

export interface HttpParts extends ContextParts {
  readonly schema: GraphQLSchema
  /** Default: the whole table. */
  readonly routes?: readonly Route[]
}

export interface Http {
  /** For tests and other runtimes. */
  fetch(request: Request, peer: { readonly address: string }): Promise<Response>
  /** The same without `Request` and `Response` in between. Never throws. */
  handle(incoming: Incoming): Promise<Answer>
  /** From now on `/health/ready` says no, so that no new requests are sent here. */
  drain(): void
  /** Ends runs of flows that are still under way; their callers are told why. */
  interrupt(): void
}

/** @throws Error when the route table names a field that the schema does not have. */
export async function createHttp(parts: HttpParts): Promise<Http> {
  let draining = false
  const endpoints = await allEndpoints(parts, () => draining)
  return {
    ...entrances(chain(stages(parts, endpoints), answerEndpoint)),
    drain() {
      draining = true
    },
    interrupt: () => parts.deps.runs.interrupt(),
  }
}

/** What answers on `METRICS_PORT`: the metrics and nothing else, through the same stages. */
export function createMetricsHttp(deps: Deps): Http {
  // Watching the server is no traffic of it.
  const watching = { deps: { ...deps, metrics: noMetrics }, authenticate: async () => anonymous }
  const endpoints = [metricsEndpoint(deps.metrics, deps.config.metrics.token)]
  return {
    ...entrances(chain(stages(watching, endpoints), answerEndpoint)),
    drain: () => undefined,
    interrupt: () => undefined,
  }
}

function entrances(handle: Handle): Pick<Http, 'handle' | 'fetch'> {
  return {
    handle: (incoming) => handle(openExchange(incoming)),
    async fetch(request, peer) {
      return toResponse(await handle(openExchange(toIncoming(request, peer))), request.method)
    },
  }
}

/** The life of a request, from top to bottom and back. */
function stages(
  { deps, authenticate }: Pick<HttpParts, 'deps' | 'authenticate'>,
  endpoints: readonly Endpoint[],
): Stage[] {
  const { config, log, metrics, spool } = deps
  const { uploadLimitBytes } = config
  return [
    // Names the request, for its answer, its log lines and its error body.
    requestId,
    // Whom limits and the audit log hold it against.
    clientAddress(config.trustProxy, log),
    // Which endpoint it is for, so that everything below can ask.
    findEndpoint(createRouter(endpoints)),
    // One line, once the answer is known.
    accessLog(log),
    // One count, by route and never by path.
    measure(metrics),
    // What every answer says to browsers and caches.
    securityHeaders,
    // Which web pages may read the answer; answers OPTIONS.
    cors(config.corsOrigins),
    // From here on whatever is thrown becomes an error body.
    errors(log),
    // 404 and 405.
    requireEndpoint,
    // Bytes within the limit, then JSON or a form.
    readBody({ spool, uploadLimitBytes, authenticate }),
  ]
}

async function allEndpoints(parts: HttpParts, isDraining: () => boolean): Promise<Endpoint[]> {
  const { schema, deps, routes = allRoutes } = parts
  const { config, log, database, vault, metrics } = deps
  const { bodyLimitBytes, introspection } = config
  const makeContext = contextMaker(parts)
  const openapi = writeOpenApi(schema, routes)
  const graphql = graphqlEndpoint({ schema, log, introspection, bodyLimitBytes, makeContext })
  const pages = pageEndpoints({ openapi, introspection })
  return [
    ...(await restEndpoints({ schema, routes, bodyLimitBytes, makeContext })),
    graphql,
    ...contractEndpoints({ schema, openapi, introspection }),
    ...healthEndpoints({ database, log, vault, isDraining }),
    ...(hasPublicMetrics(config) ? [metricsEndpoint(metrics, config.metrics.token)] : []),
    ...pages.map((page) => (page.path === graphqlPath ? orQueryByGet(page, graphql) : page)),
  ]
}

/** The last step in: the endpoint itself, which the stages before made sure of. */
const answerEndpoint: Handle = async (exchange) => {
  const endpoint = exchange.found?.endpoint
  if (!endpoint) throw new Error('No endpoint was found, and no stage said so.')
  return endpoint.answer(exchange)
}

function chain(all: readonly Stage[], last: Handle): Handle {
  return all.reduceRight<Handle>((next, stage) => (exchange) => stage(exchange, next), last)
}
