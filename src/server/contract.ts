import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql'
import { jsonAnswer, textAnswer, withHeaders } from '../rest/answer.ts'
import type { OpenApiDocument } from '../rest/openapi.ts'
import type { Endpoint } from './exchange.ts'
import { openapiPath, sdlPath } from './paths.ts'

export interface ContractParts {
  readonly schema: GraphQLSchema
  readonly openapi: OpenApiDocument
  readonly introspection: boolean
}

/** The two published contracts; the SDL only where introspection is open. */
export function contractEndpoints({ schema, openapi, introspection }: ContractParts): Endpoint[] {
  const caching = { 'cache-control': 'no-cache' }
  const json = jsonAnswer(openapi, 200, caching)
  const sdl = withHeaders(textAnswer(printSdl(schema)), caching)
  const endpoints: Endpoint[] = [{ method: 'GET', path: openapiPath, answer: () => json }]
  if (introspection) endpoints.push({ method: 'GET', path: sdlPath, answer: () => sdl })
  return endpoints
}

/** The schema as text, in an order that no change of the code's order disturbs. */
export function printSdl(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`
}
