import type { OpenApiDocument, OpenApiOperation } from '../../rest/openapi.ts'
import type { Endpoint } from '../exchange.ts'
import { docsPath, openapiPath } from '../paths.ts'
import { assetEndpoint, browserScript, compress, compressFile } from './assets.ts'
import { scriptType, styleType, type Asset } from './assets.ts'
import { layout } from './layout.ts'
import { escapeHtml, pageHeaders } from './policy.ts'

const paths = {
  library: '/assets/swagger-ui.js',
  style: '/assets/swagger-ui.css',
  start: '/assets/docs.js',
} as const

/** The REST reference: Swagger UI, and a plain list where no script runs. */
export function docsEndpoints(document: OpenApiDocument): Endpoint[] {
  const page: Asset = {
    path: docsPath,
    headers: pageHeaders(),
    load: () => compress(pageOf(document)),
  }
  return [page, ...assets].map(assetEndpoint)
}

const assets: readonly Asset[] = [
  {
    path: paths.library,
    headers: scriptType,
    load: () => compressFile(new URL(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'))),
  },
  {
    path: paths.style,
    headers: styleType,
    load: () => compressFile(new URL(import.meta.resolve('swagger-ui-dist/swagger-ui.css'))),
  },
  browserScript(paths.start, 'docs.js'),
]

function pageOf(document: OpenApiDocument): string {
  return layout({
    title: 'Flowgate REST reference',
    path: docsPath,
    head: `<link rel="stylesheet" href="${paths.style}">
<script src="${paths.library}" defer></script>
<script src="${paths.start}" defer></script>`,
    main: `<div id="reference" data-openapi="${openapiPath}"></div>
<noscript><div class="plain">
<h1>Flowgate REST reference</h1>
<p>The whole contract, for tools: <a href="${openapiPath}">OpenAPI 3.1</a>.</p>
${document.tags.map((tag) => chapter(tag, document)).join('\n')}
</div></noscript>`,
  })
}

function chapter(tag: OpenApiDocument['tags'][number], document: OpenApiDocument): string {
  const [server] = document.servers
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag.name))
      .map(([method, operation]) =>
        entry(`${method.toUpperCase()} ${server?.url ?? ''}${path}`, operation),
      ),
  )
  return `<h2>${escapeHtml(tag.name)}</h2><p>${escapeHtml(tag.description)}</p>
<dl>${entries.join('\n')}</dl>`
}

function entry(request: string, operation: OpenApiOperation): string {
  const rest = operation.description.slice(operation.summary.length).trim()
  return `<dt><code>${escapeHtml(request)}</code></dt><dd>${escapeHtml(operation.summary)}
${escapeHtml(rest)}</dd>`
}
