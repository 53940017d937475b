import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { databaseKind, owner } from '../harness.ts'
import { findChromium, openPage, startBrowser, type WatchedPage } from './browser.ts'
import { startServer, type LiveServer } from './live.ts'

// Pages know nothing of the database, so that one run of them is enough.
const chromium = databaseKind === 'embedded' ? findChromium() : null

describe.runIf(chromium !== null)('in a browser', { timeout: 90_000 }, () => {
  let server: LiveServer
  let browser: Browser
  beforeAll(async () => {
    server = await startServer()
    browser = await startBrowser(chromium ?? '')
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  async function visit(path: string): Promise<WatchedPage> {
    const watched = await openPage(browser)
    await watched.page.goto(`${server.url}${path}`)
    return watched
  }

  async function expectNoFaults({ page, faults, hosts, context }: WatchedPage): Promise<void> {
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.title()).toMatch(/^Flowgate/)
    await context.close()
    expect(faults).toEqual([])
    expect([...hosts]).toEqual([new URL(server.url).host])
  }

  it('threat 54: / shows what runs here, and whether it is well', async () => {
    const watched = await visit('/')
    const { page } = watched
    await page.locator('#health[data-state=ready]').waitFor()
    expect(await page.getByRole('status').textContent()).toBe('ready')
    expect(await page.locator('pre').textContent()).toContain(`curl ${server.url}/api/v1/`)
    for (const place of await page.getByRole('link').all()) {
      const target = await place.getAttribute('href')
      const answer = await fetch(`${server.url}${target}`, { headers: { accept: 'text/html' } })
      expect([target, answer.status]).toEqual([target, 200])
    }
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/graphql')
    await page.locator('.graphiql-query-editor').waitFor()
    await expectNoFaults(watched)
  })

  it('threat 54: / says when the server is not well, and fits a telephone', async () => {
    const { page, context } = await openPage(browser)
    await page.setViewportSize({ width: 360, height: 740 })
    await page.route('**/health/ready', (route) =>
      route.fulfill({ status: 503, json: { status: 'unavailable', reasons: ['It is tired.'] } }),
    )
    await page.goto(server.url)
    await page.locator('#health[data-state=unwell]').waitFor()
    expect(await page.locator('#health').textContent()).toContain('not ready It is tired.')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await context.close()
  })

  it('threat 54: /docs takes a token and tries requests', async () => {
    const watched = await visit('/docs')
    const { page } = watched
    await page.getByRole('button', { name: 'Authorize' }).click()
    const jwt = page.locator('.auth-container').filter({ hasText: 'jwt' })
    await jwt.locator('input').fill(server.owner.token)
    await jwt.getByRole('button', { name: 'Apply credentials' }).click()
    await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).first().click()

    const created = await tryOut(page, 'createApiKey')
    expect(created).toMatchObject({ keyName: 'Production Key' })
    const listed = await tryOut(page, 'apiKeys')
    expect(listed).toMatchObject({ data: [{ keyName: 'Production Key' }], total: 1 })
    await expectNoFaults(watched)
  })

  it('threat 54: GraphiQL signs in, takes the token, and runs the examples', async () => {
    const watched = await visit('/graphql')
    const { page } = watched
    await page.getByRole('tab', { name: 'Login' }).waitFor()
    const tabs = await page.getByRole('tab').allInnerTexts()
    expect(tabs).toEqual(['Login', 'CreateKey', 'CreateChatflow', 'Ask', 'Overview'])
    await editor(page, 'Variables', { username: owner.email, password: owner.password })
    const { login } = await runTab(page)
    const { token } = login as { token: string }
    expect(token).toMatch(/^eyJ/)

    await page.getByRole('button', { name: 'CreateChatflow', exact: true }).click()
    await editor(page, 'Headers', { Authorization: `Bearer ${token}` })
    const { createChatflow } = await runTab(page)
    const { id } = createChatflow as { id: string }

    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await editor(page, 'Headers', { Authorization: `Bearer ${token}` })
    await editor(page, 'Variables', { id, question: 'Who is there?' })
    expect(await runTab(page)).toMatchObject({ createPrediction: { text: 'Who is there?' } })

    // A reload keeps what was written, and nothing of it outlives the tab.
    const stored = () => page.evaluate('sessionStorage.getItem("graphiql:tabState")')
    await expect.poll(stored).toContain('Who is there?')
    await page.reload()
    await page.getByRole('tab', { name: 'Ask' }).waitFor()
    expect(await page.getByRole('tab').count()).toBe(5)
    expect(await runTab(page)).toMatchObject({ createPrediction: { text: 'Who is there?' } })
    expect(await page.evaluate('localStorage.length')).toBe(0)
    await expectNoFaults(watched)
  })

  it('GraphiQL opens an operation that somebody shared', async () => {
    const watched = await visit(
      `/graphql?query=${encodeURIComponent('query Shared { version { version } }')}`,
    )
    expect(await runTab(watched.page)).toEqual({ version: { version: manifest.version } })
    await expectNoFaults(watched)
  })
})

/** Opens an operation of Swagger UI, sends it as it stands, and answers what came back. */
async function tryOut(page: Page, operationId: string): Promise<unknown> {
  const block = page.locator(`.opblock[id$="-${operationId}"]`)
  await block.locator('.opblock-summary-control').click()
  await block.getByRole('button', { name: 'Try it out' }).click()
  await block.getByRole('button', { name: 'Execute' }).click()
  const live = block.locator('.live-responses-table')
  await live.locator('.response-col_status', { hasText: '200' }).waitFor()
  return JSON.parse(
    (await live.locator('.response-col_description pre').first().textContent()) ?? '',
  )
}

/** Puts JSON into an editor of GraphiQL. */
async function editor(page: Page, name: 'Variables' | 'Headers', value: object): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
  await page.locator(`.graphiql-editor-tool .graphiql-editor:not(.hidden)`).first().click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(JSON.stringify(value))
}

/** Runs what the tab holds and answers its data. */
async function runTab(page: Page): Promise<Record<string, unknown>> {
  const answered = page.waitForResponse(
    (response) =>
      response.request().method() === 'POST' &&
      !(response.request().postData() ?? '').includes('IntrospectionQuery'),
  )
  await page.getByRole('button', { name: 'Execute query (Ctrl-Enter)' }).click()
  const { data, errors } = (await (await answered).json()) as GraphqlBody
  if (errors) throw new Error(JSON.stringify(errors))
  await page.locator('.result-window').getByText('"data"').first().waitFor()
  return data
}

interface GraphqlBody {
  readonly data: Record<string, unknown>
  readonly errors?: readonly unknown[]
}
