import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { Failure } from '../../core/errors.ts'
import type { Answer } from '../../rest/answer.ts'
import type { Endpoint, Exchange } from '../exchange.ts'
import { graphqlPath } from '../paths.ts'
import { pageHeaders } from './policy.ts'

const example = `# Sign in with the mutation below, then put the token under "Headers":
# { "Authorization": "Bearer …" }

query Me {
  me {
    email
    activeWorkspaceId
    permissions
  }
}

mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    token
    refreshToken
  }
}
`

interface Page {
  readonly compressed: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** GraphiQL for browsers, whole in one page of 9 MB: made on the first visit, kept compressed. */
export function graphiqlEndpoint(): Endpoint {
  let page: Promise<Page> | null = null
  return {
    method: 'GET',
    path: graphqlPath,
    async answer(exchange) {
      if (!exchange.headers['accept']?.includes('text/html')) {
        throw new Failure('METHOD_NOT_ALLOWED', 'Send GraphQL operations by POST.', {
          allow: 'POST',
        })
      }
      page ??= render()
      return answerWith(await page, exchange)
    },
  }
}

async function render(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = renderGraphiQL({
    title: 'Flowgate GraphiQL',
    endpoint: graphqlPath,
    defaultQuery: example,
    isHeadersEditorEnabled: true,
  })
  const compressed = await promisify(gzip)(html, { level: 9 })
  const headers = pageHeaders({
    'script-src': scriptHash(html),
    // The editor's language services run from texts inside the page.
    'worker-src': 'blob:',
    'font-src': 'data:',
    'img-src': "'self' data: blob:",
    'connect-src': "'self'",
  })
  return { compressed, headers: { ...headers, etag: `"${hash('sha256', compressed)}"` } }
}

async function answerWith({ compressed, headers }: Page, exchange: Exchange): Promise<Answer> {
  const shared = { ...headers, vary: 'Accept-Encoding' }
  if (exchange.headers['if-none-match'] === headers['etag']) {
    return { status: 304, headers: shared, body: null }
  }
  if (/\bgzip\b/.test(exchange.headers['accept-encoding'] ?? '')) {
    return { status: 200, headers: { ...shared, 'content-encoding': 'gzip' }, body: compressed }
  }
  return { status: 200, headers: shared, body: await promisify(gunzip)(compressed) }
}

/** The page's own script by its digest, so that none that got in would run. */
function scriptHash(html: string): string {
  const start = html.indexOf('<script>') + '<script>'.length
  const script = html.slice(start, html.indexOf('</script>', start))
  return `'sha256-${hash('sha256', script, 'base64')}'`
}
