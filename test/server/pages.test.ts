import { hash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { createFixture, type Fixture } from './fixture.ts'

let app: Fixture
beforeAll(async () => {
  app = await createFixture()
})

const browser = { accept: 'text/html,*/*;q=0.8' }

async function page(target: string, headers: Record<string, string> = browser) {
  const answer = await app.call(target, { headers })
  return { answer, html: await answer.text() }
}

describe('pages', () => {
  it.each(['/', '/docs'])(
    'threat 54: %s runs no script and loads nothing from elsewhere',
    async (target) => {
      const { answer, html } = await page(target)
      expect(answer.status).toBe(200)
      const policy = answer.headers.get('content-security-policy')
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('script-src')
      expect(html).not.toMatch(/<script|src="|@import|url\(/)
    },
  )

  it('lists every route of the table on /docs', async () => {
    const { html } = await page('/docs')
    expect(html).toContain('GET /api/v1/things/{id}')
    expect(html).toContain('Needs a JWT with the permission chatflows:view')
  })
})

describe('GraphiQL', () => {
  it('threat 54: runs its own script only, and comes from here whole', async () => {
    const { answer, html } = await page('/graphql')
    expect(answer.status).toBe(200)
    const policy = answer.headers.get('content-security-policy') ?? ''
    const start = html.indexOf('<script>') + 8
    const script = html.slice(start, html.indexOf('</script>', start))
    expect(policy).toContain(`script-src 'sha256-${hash('sha256', script, 'base64')}'`)
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toMatch(/https?:|unsafe-eval/)
    expect(html).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/)
  })

  it('is sent compressed where that is understood, and not again when it is known', async () => {
    const answer = await app.call('/graphql', {
      headers: { ...browser, 'accept-encoding': 'gzip' },
    })
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    const bytes = new Uint8Array(await answer.arrayBuffer())
    expect(gunzipSync(bytes).toString()).toContain('Flowgate GraphiQL')
    const etag = answer.headers.get('etag') ?? ''
    const known = await app.call('/graphql', { headers: { ...browser, 'if-none-match': etag } })
    expect([known.status, await known.text()]).toEqual([304, ''])
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
