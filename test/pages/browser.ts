import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

/** Where Chromium is, or null. Where the tests must all run, its absence is a failure. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM']
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  const found = named ?? usual.find((path) => existsSync(path)) ?? null
  if (found) return found
  const reason = 'No Chromium at its usual places, nor one named in CHROMIUM'
  if (process.env['CI']) throw new Error(`${reason}.`)
  process.stderr.write(`${reason}: tests in a browser are skipped.\n`)
  return null
}

/** Quiet: nothing of the browser's own goes to the network. */
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Names of others lead nowhere, so that a page that asks for them fails.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]

export function startBrowser(executablePath: string): Promise<Browser> {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({ executablePath, args: isRoot ? ['--no-sandbox', ...flags] : flags })
}

export interface WatchedPage {
  readonly page: Page
  /** What went wrong since it was opened: failed requests, errors on the console, thrown errors. */
  readonly faults: readonly string[]
  /** Hosts that were asked for anything. */
  readonly hosts: ReadonlySet<string>
  readonly context: BrowserContext
}

/** Opens an empty page in a profile of its own. */
export async function openPage(browser: Browser): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const faults: string[] = []
  const hosts = new Set<string>()
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol.startsWith('http')) hosts.add(host)
  })
  page.on('requestfailed', (request) =>
    faults.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`),
  )
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`)
  })
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`))
  return { page, faults, hosts, context }
}
