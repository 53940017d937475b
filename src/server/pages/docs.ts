import { textAnswer, withHeaders } from '../../rest/answer.ts'
import type { OpenApiDocument, OpenApiOperation } from '../../rest/openapi.ts'
import type { Endpoint } from '../exchange.ts'
import { docsPath, openapiPath } from '../paths.ts'
import { escapeHtml, pageHeaders } from './policy.ts'

/** The REST reference as one plain page, made of the OpenAPI document. */
export function docsEndpoint(document: OpenApiDocument): Endpoint {
  const chapters = document.tags.map((tag) => chapter(tag, document)).join('\n')
  const html = `<!doctype html><html lang="en"><meta charset="utf-8">
<title>Flowgate REST reference</title>
<style>body{font:16px/1.6 system-ui;margin:2rem auto;max-width:56rem;padding:0 1rem}
code{font-size:.95em}dt{margin-top:.8rem}.who{color:#555}</style>
<h1>Flowgate REST reference</h1>
<p>The whole contract, for tools: <a href="${openapiPath}">OpenAPI 3.1</a>.</p>
${chapters}`
  const answer = withHeaders(textAnswer(html), pageHeaders())
  return { method: 'GET', path: docsPath, answer: () => answer }
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
<span class="who">${escapeHtml(rest)}</span></dd>`
}
