import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { blockFieldSuggestionsPlugin } from '@escape.tech/graphql-armor-block-field-suggestions'
import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth'
import { maxDirectivesPlugin } from '@escape.tech/graphql-armor-max-directives'
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens'
import { NoSchemaIntrospectionCustomRule, type GraphQLSchema, type ValidationRule } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { Failure } from '../core/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Answer } from '../rest/answer.ts'
import type { MakeContext } from './contexts.ts'
import type { Endpoint, Exchange } from './exchange.ts'
import { createDocumentCache } from './graphql/document-cache.ts'
import { listCost } from './graphql/list-cost.ts'
import { oneSensitiveField } from './graphql/one-sensitive-field.ts'
import { operationContext, type ServerContext } from './graphql/operation-context.ts'
import { operationOfQuery } from './graphql/query-string.ts'
import { visibleErrors } from './graphql/visible-errors.ts'
import { graphqlPath } from './paths.ts'

export interface YogaParts {
  readonly schema: GraphQLSchema
  readonly log: Log
  readonly introspection: boolean
  readonly makeContext: MakeContext
}

/** Beyond these an operation is refused before anything of it runs. */
const limits = { depth: 10, aliases: 15, tokens: 1500, directives: 5 } as const

/** Answers GraphQL operations: one a request, as JSON by POST, or a query by GET. */
export function createGraphql(parts: YogaParts): Endpoint['answer'] {
  const yoga = createYoga<ServerContext>({
    schema: parts.schema,
    graphqlEndpoint: graphqlPath,
    logging: false,
    // Stages of ours do these, and everything else is off.
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false,
    // Its own keep a thousand documents, however long.
    parserAndValidationCache: {
      documentCache: createDocumentCache(),
      errorCache: createDocumentCache(),
    },
    maskedErrors: { maskError: (error) => error as Error },
    plugins: plugins(parts),
  })
  return async (exchange) => {
    const ctx = await parts.makeContext(exchange, exchange.headers.authorization ?? null)
    const byGet = exchange.method !== 'POST'
    if (byGet) exchange.payload = operationOfQuery(exchange.query)
    requireOperation(exchange)
    const request = new yoga.fetchAPI.Request(`http://localhost${graphqlPath}`, {
      // By GET no mutation runs: Yoga looks at the method.
      method: byGet ? 'GET' : 'POST',
      headers: { accept: exchange.headers.accept ?? '*/*' },
      signal: exchange.signal,
    })
    return answerOf(await yoga.fetch(request, { exchange, ctx }))
  }
}

function plugins(parts: YogaParts): Plugin<ServerContext, ServerContext>[] {
  return [
    operationContext(),
    visibleErrors(parts.log),
    // An empty list: the default lets any number of aliases through that are called __typename.
    maxAliasesPlugin({ n: limits.aliases, allowList: [] }),
    maxDepthPlugin({ n: limits.depth, flattenFragments: true }),
    maxTokensPlugin({ n: limits.tokens }),
    maxDirectivesPlugin({ n: limits.directives }),
    blockFieldSuggestionsPlugin({ mask: '' }),
    rule(oneSensitiveField),
    rule(listCost),
    ...(parts.introspection ? [] : [rule(NoSchemaIntrospectionCustomRule)]),
  ]
}

function rule(validation: ValidationRule): Plugin<ServerContext, ServerContext> {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(validation)
    },
  }
}

/** Yoga says 200 to clients of plain JSON, although nothing that could be run has come. */
function requireOperation({ payload }: Exchange): void {
  if (payload['query'] != null) return
  throw new Failure('BAD_REQUEST', 'Send the operation as the parameter query.')
}

async function answerOf(response: Response): Promise<Answer> {
  const headers = Object.fromEntries(
    // Yoga's own kind of headers tells names as they were written.
    [...response.headers].map(([name, value]) => [name.toLowerCase(), value]),
  )
  const isStream = headers['content-type']?.startsWith('text/event-stream') ?? false
  // Yoga's own kind of stream is none that Node knows, but it can be iterated.
  const stream = isStream && response.body ? toNodeStream(response.body) : null
  return { status: response.status, headers, body: stream ?? (await response.text()) }
}

function toNodeStream(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return NodeReadableStream.from(body) as ReadableStream<Uint8Array>
}
