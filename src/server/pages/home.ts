import manifest from '../../../package.json' with { type: 'json' }
import type { Endpoint } from '../exchange.ts'
import { docsPath, graphqlPath, openapiPath, sdlPath } from '../paths.ts'
import { assetEndpoint, browserScript, compress } from './assets.ts'
import { layout } from './layout.ts'
import { pageHeaders } from './policy.ts'

const scriptPath = '/assets/home.js'
const healthPath = '/health/ready'

const places: readonly (readonly [path: string, name: string, what: string])[] = [
  [graphqlPath, 'GraphiQL', 'Write and run GraphQL operations, with examples to begin with.'],
  [docsPath, 'REST reference', 'Every request, its answers, and a button to try it.'],
  [openapiPath, 'OpenAPI 3.1', 'The REST contract, for generators of clients.'],
  [sdlPath, 'GraphQL schema', 'The types as SDL, for typed documents.'],
]

/** What runs here, and whether it is well. `sdl`: whether the schema is shown to anybody. */
export function homeEndpoints({ sdl }: { readonly sdl: boolean }): Endpoint[] {
  const shown = places.filter(([path]) => sdl || path !== sdlPath)
  const html = layout({ title: 'Flowgate', path: '/', head: script, main: mainOf(shown) })
  return [
    assetEndpoint({ path: '/', headers: pageHeaders(), load: () => compress(html) }),
    assetEndpoint(browserScript(scriptPath, 'home.js')),
  ]
}

const script = `<script src="${scriptPath}" defer></script>`

function mainOf(shown: typeof places): string {
  const items = shown.map(
    ([path, name, what]) =>
      `<li><a href="${path}"><strong>${name}</strong> <span>${what}</span></a></li>`,
  )
  return `<div class="plain">
<h1>Flowgate <small>${manifest.version}</small></h1>
<p class="lead">Runs LLM chatflows behind a GraphQL and a REST API.</p>
<p class="health" id="health" data-path="${healthPath}">
Health: <output>not asked yet</output> <span></span> <a href="${healthPath}">${healthPath}</a></p>
<h2>What is here</h2>
<ul class="places">${items.join('\n')}</ul>
<h2>First calls</h2>
<pre class="calls" tabindex="0" role="region" aria-label="First calls">${example}</pre>
</div>`
}

// The page's script puts the address in that the browser came by.
const example = `curl <span class="origin">http://127.0.0.1:3000</span>/api/v1/auth/login \\
  -H 'Content-Type: application/json' \\
  -d '{"username": "owner@example.com", "password": "…"}'

curl <span class="origin">http://127.0.0.1:3000</span>/api/v1/chatflows \\
  -H 'Authorization: Bearer TOKEN'`
