import type { OpenApiDocument } from '../../rest/openapi.ts'
import type { Endpoint } from '../exchange.ts'
import { assetEndpoint } from './assets.ts'
import { docsEndpoints } from './docs.ts'
import { graphiqlEndpoints } from './graphiql.ts'
import { homeEndpoints } from './home.ts'
import { layoutAssets } from './layout.ts'

export interface PagesParts {
  readonly openapi: OpenApiDocument
  readonly introspection: boolean
}

/** What people see in a browser. Every file comes from here, at its first visit. */
export function pageEndpoints({ openapi, introspection }: PagesParts): Endpoint[] {
  return [
    ...homeEndpoints({ sdl: introspection }),
    ...graphiqlEndpoints(),
    ...docsEndpoints(openapi),
    ...layoutAssets().map(assetEndpoint),
  ]
}
