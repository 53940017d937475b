import { createReadStream } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LLMock } from '@copilotkit/aimock'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedDemo } from '../../src/cli/demo-workspace.ts'
import { databaseKind, owner } from '../harness.ts'
import { findChromium, openPage, startBrowser } from '../pages/browser.ts'
import { startServer, type LiveServer } from '../pages/live.ts'

const chromium = databaseKind === 'embedded' ? findChromium() : null
const page = [new URL('../../examples/widget/index.html', import.meta.url), 'text/html'] as const
const widget = [
  new URL(import.meta.resolve('flowise-embed/dist/web.js')),
  'text/javascript',
] as const

/** A web site of somebody else: another origin than the server's. */
async function startSite(): Promise<Server> {
  const site = createServer((request, response) => {
    const [file, type] = request.url === '/web.js' ? widget : page
    response.setHeader('content-type', type)
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => {
    site.listen(0, '127.0.0.1', resolve)
  })
  return site
}

describe.runIf(chromium !== null)('flowise-embed on a page of another origin', () => {
  let server: LiveServer
  let site: Server
  let browser: Browser
  let provider: LLMock
  beforeAll(async () => {
    provider = new LLMock({ port: 0 })
    await provider.start()
    server = await startServer({ env: { EGRESS_ALLOW: new URL(provider.url).host } })
    site = await startSite()
    browser = await startBrowser(chromium ?? '')
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    await server.close()
    await provider.stop()
  })

  it('chats with a public flow, and streams', { timeout: 90_000 }, async () => {
    const { publicFlow: flow } = await seedDemo(server.app, {
      username: owner.email,
      password: owner.password,
    })
    const { page, faults, context } = await openPage(browser)
    const calls: string[] = []
    page.on('response', (response) => {
      const { origin, pathname } = new URL(response.url())
      const type = response.headers()['content-type']?.split(';')[0]
      if (origin === server.url) calls.push(`${response.status()} ${pathname} ${type}`)
    })
    const { port } = site.address() as AddressInfo
    // The widget asks first whether the flow streams.
    await page.goto(`http://127.0.0.1:${port}/?flow=${flow}&server=${server.url}`, {
      waitUntil: 'networkidle',
    })
    const box = page.locator('textarea')
    await box.fill('Is anybody there?')
    await box.press('Enter')
    await page.getByText('The public flow heard: Is anybody there?').waitFor()
    expect(calls).toContain(`200 /api/v1/prediction/${flow} text/event-stream`)
    // The widget itself hangs up once it has read the end of the stream.
    expect(faults.filter((fault) => !fault.endsWith('net::ERR_ABORTED'))).toEqual([])
    await context.close()
  })

  it('sends a file along, which the flow reads', { timeout: 90_000 }, async () => {
    const { publicFlow: flow } = await seedDemo(server.app, {
      username: owner.email,
      password: owner.password,
    })
    const chatbotConfig = JSON.stringify({ fullFileUpload: { status: true } })
    const { token } = server.owner
    await server.rest('PUT', `/chatflows/${flow}`, { token, body: { chatbotConfig } })
    const { page, faults, context } = await openPage(browser)
    const { port } = site.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/?flow=${flow}&server=${server.url}`, {
      waitUntil: 'networkidle',
    })
    const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Heather.') }
    await page.locator('input[type=file]').last().setInputFiles(file)
    const box = page.locator('textarea')
    await box.fill('What is in it?')
    await box.press('Enter')
    await page.getByText(/heard:[\s\S]*Heather\.[\s\S]*What is in it\?/).waitFor()
    expect(faults.filter((fault) => !fault.endsWith('net::ERR_ABORTED'))).toEqual([])
    await context.close()
  })

  it('shows what might be asked next', { timeout: 90_000 }, async () => {
    const { publicFlow: flow } = await seedDemo(server.app, {
      username: owner.email,
      password: owner.password,
    })
    provider.onMessage(/Next after/, { content: '{"questions":["And in winter?"]}' })
    const { token } = server.owner
    const prompt = 'Next after {history}'
    const body = {
      chatbotConfig: JSON.stringify({ followUpPrompts: { status: true } }),
      followUpPrompts: JSON.stringify({
        status: true,
        selectedProvider: 'chatOpenAI',
        chatOpenAI: { openAIApiKey: 'sk-next', basepath: `${provider.url}/v1`, prompt },
      }),
    }
    await server.rest('PUT', `/chatflows/${flow}`, { token, body })
    const { page, context } = await openPage(browser)
    const { port } = site.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/?flow=${flow}&server=${server.url}`, {
      waitUntil: 'networkidle',
    })
    const box = page.locator('textarea')
    await box.fill('What grows here?')
    await box.press('Enter')
    await page.getByText('And in winter?').click()
    await page.getByText('The public flow heard: And in winter?').waitFor()
    expect(await page.getByText('And in winter?').count()).toBeGreaterThan(1)
    await context.close()
  })
})
