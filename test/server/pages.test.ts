import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { buildSchema, parse, validate } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { exampleTabs } from '../../src/server/pages/graphiql-examples.ts'
import { createFixture, type Fixture } from './fixture.ts'

const sdl = new URL('../../schema/schema.graphql', import.meta.url)
const schema = buildSchema(readFileSync(sdl, 'utf8'))

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

const browser = { accept: 'text/html,*/*;q=0.8' }

async function page(target: string, headers: Record<string, string> = browser) {
  const answer = await app.call(target, { headers })
  return { answer, html: await answer.text() }
}

/** Paths that a page refers to. */
const referred = (html: string) =>
  [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')

describe('pages', () => {
  it.each(['/', '/docs', '/graphql'])(
    'threat 54: %s runs and loads nothing from elsewhere, and no script inside it',
    async (target) => {
      const { answer, html } = await page(target)
      expect(answer.status).toBe(200)
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self'")
      expect(policy).toContain("connect-src 'self'")
      expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/)
      expect(html).not.toMatch(/<script>|<style>| on\w+="|@import|url\(/)
      expect(html).toContain('<html lang="en">')
      for (const path of referred(html)) {
        const { status } = await app.call(path, { headers: browser })
        expect([path, path.startsWith('/'), status === 404]).toEqual([path, true, false])
      }
    },
  )

  it('lists every route of the table on /docs where no script runs', async () => {
    const { html } = await page('/docs')
    expect(html).toContain('GET /api/v1/things/{id}')
    expect(html).toContain('Needs a JWT with the permission chatflows:view')
  })
})

describe('files of the pages', () => {
  const files = [
    '/assets/graphiql/library.js',
    '/assets/graphiql/editorWorkerService.worker.js',
    '/assets/swagger-ui.js',
    '/assets/swagger-ui.css',
    '/assets/home.js',
  ]
  it.each(files)('%s is sent compressed, and not again when it is known', async (path) => {
    const answer = await app.call(path, { headers: { 'accept-encoding': 'gzip' } })
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    const text = gunzipSync(new Uint8Array(await answer.arrayBuffer())).toString()
    expect(text).not.toContain('sourceMappingURL=swagger')
    expect(await (await app.call(path)).text()).toBe(text)
    const etag = answer.headers.get('etag') ?? ''
    const known = await app.call(path, { headers: { 'if-none-match': etag } })
    expect([known.status, await known.text()]).toEqual([304, ''])
  })

  it('are not asked for twice at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => app.call('/assets/graphiql/style.css')))
    expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(1)
  })
})

describe('the examples of GraphiQL', () => {
  it.each(exampleTabs.map((tab) => [tab.query.match(/(?:query|mutation) (\w+)/)?.[1], tab]))(
    '%s is an operation of the schema',
    (_name, { query }) => {
      expect(validate(schema, parse(query))).toEqual([])
    },
  )

  it('send no credential before somebody puts one in', () => {
    for (const { headers } of exampleTabs) {
      expect(JSON.parse(headers.replaceAll(/^\s*\/\/.*$/gm, ''))).toEqual({})
    }
  })
})

describe('contracts and health', () => {
  it('serves the OpenAPI document and the SDL', async () => {
    const openapi = await app.call('/api/v1/openapi.json')
    expect(((await openapi.json()) as { openapi: string }).openapi).toBe('3.1.0')
    expect(await (await app.call('/schema.graphql')).text()).toContain('type Query {')
  })

  it('answers ping with the word, and metrics to nobody', async () => {
    const ping = await app.call('/api/v1/ping')
    expect([ping.headers.get('content-type'), await ping.text()]).toEqual([
      'text/plain; charset=utf-8',
      'pong',
    ])
    expect((await app.call('/metrics')).status).toBe(404)
    expect((await app.call('/.well-known/jwks.json')).status).toBe(404)
  })
})
