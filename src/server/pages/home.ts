import { textAnswer, withHeaders } from '../../rest/answer.ts'
import type { Endpoint } from '../exchange.ts'
import { docsPath, graphqlPath, openapiPath, sdlPath } from '../paths.ts'
import { pageHeaders } from './policy.ts'

const links: readonly (readonly [string, string])[] = [
  [graphqlPath, 'GraphiQL: try the GraphQL API'],
  [docsPath, 'REST reference'],
  [openapiPath, 'OpenAPI 3.1'],
  [sdlPath, 'GraphQL schema (SDL)'],
  ['/health/ready', 'Health'],
]

/** What runs here. */
export function homeEndpoint(): Endpoint {
  const items = links.map(([path, text]) => `<li><a href="${path}">${text}</a></li>`).join('')
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Flowgate</title>
<style>body{font:16px/1.6 system-ui;margin:4rem auto;max-width:36rem;padding:0 1rem}</style>
<h1>Flowgate</h1><p>Runs LLM chatflows behind a GraphQL and a REST API.</p><ul>${items}</ul>`
  const answer = withHeaders(textAnswer(html), pageHeaders())
  return { method: 'GET', path: '/', answer: () => answer }
}
