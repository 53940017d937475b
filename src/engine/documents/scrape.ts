import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import { withinLimit } from '../node/limits.ts'
import { openMarkup, TooDeep } from './markup.ts'
import { linksIn } from './read-html.ts'
import { fetchPage } from './web.ts'

type World = Pick<NodeContext, 'ports' | 'signal'>

/** A page as a model reads it; with `error` where it could not be had. */
export interface ScrapedPage {
  readonly url: string
  readonly title: string
  readonly description: string
  readonly body_text: string
  readonly error?: string
}

export interface Scraping {
  /** 1 is the first page alone, 2 those it leads to as well. */
  readonly depth: number
  readonly pages: number
  /** Milliseconds for one page. */
  readonly timeoutMs: number
}

/** Fetched at the same time. */
const atOnce = 5
/** Characters of one page's text. */
const longest = 100_000

/** A page, and those it leads to, level by level. */
export async function scrapeFrom(
  start: string,
  how: Scraping,
  world: World,
): Promise<ScrapedPage[]> {
  const seen = new Set([start])
  const pages: ScrapedPage[] = []
  let level: readonly string[] = [start]
  for (let depth = 1; depth <= how.depth && level.length > 0; depth += 1) {
    const room = Math.max(0, how.pages - pages.length)
    const found = await scrapeEach(level.slice(0, room), how, world)
    pages.push(...found.map(({ page }) => page))
    const links = new Set(found.flatMap((each) => each.links))
    level = [...links].filter((link) => !seen.has(link))
    for (const link of level) seen.add(link)
  }
  return pages
}

/** The pages that the sitemap of an address's site lists; none when there is no sitemap. */
export async function scrapeSitemap(
  address: string,
  how: Scraping,
  world: World,
): Promise<ScrapedPage[]> {
  const sitemap = new URL('/sitemap.xml', address).href
  const { html } = await pageAt(sitemap, how, world)
  const links = await linksIn(html, sitemap)
  const found = await scrapeEach(links.slice(0, how.pages), how, world)
  return found.map(({ page }) => page)
}

interface Scraped {
  readonly page: ScrapedPage
  readonly links: readonly string[]
}

async function scrapeEach(
  urls: readonly string[],
  how: Scraping,
  world: World,
): Promise<Scraped[]> {
  const scraped: Scraped[] = []
  for (let from = 0; from < urls.length; from += atOnce) {
    const batch = urls.slice(from, from + atOnce).map((url) => scrapeOne(url, how, world))
    scraped.push(...(await Promise.all(batch)))
  }
  return scraped
}

async function scrapeOne(url: string, how: Scraping, world: World): Promise<Scraped> {
  const { html, error } = await pageAt(url, how, world)
  const blank = { url, title: '', description: '', body_text: '' }
  if (error !== undefined) return { page: { ...blank, error }, links: [] }
  try {
    return { page: { ...blank, ...(await factsOf(html)) }, links: await linksIn(html, url) }
  } catch (error_) {
    if (!(error_ instanceof TooDeep)) throw error_
    return { page: { ...blank, error: error_.message }, links: [] }
  }
}

/** One page that cannot be had does not end the others. */
async function pageAt(
  url: string,
  { timeoutMs: ms }: Scraping,
  { ports, signal }: World,
): Promise<{ readonly html: string; readonly error?: string }> {
  const late = () => new Failure('TIMEOUT', `The page did not come within ${ms / 1000} s.`)
  try {
    const file = await withinLimit({ ms, signals: [signal], late }, (within) =>
      fetchPage(url, { ports, signal: within }),
    )
    if (/html|xml|^$/.test(file.mime)) return { html: Buffer.from(file.bytes).toString('utf8') }
    return { html: '', error: `The page is no HTML but ${file.mime}.` }
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error
    return { html: '', error: error.message }
  }
}

async function factsOf(
  html: string,
): Promise<Pick<ScrapedPage, 'title' | 'description' | 'body_text'>> {
  const page = await openMarkup(html)
  const metas = [
    '[name="description"]',
    '[property="og:description"]',
    '[name="twitter:description"]',
  ]
  const described = metas.map((meta) => page(`meta${meta}`).attr('content') ?? '')
  const paragraphs = page('p')
    .toArray()
    .map((paragraph) => page(paragraph).text().replaceAll(/\s+/g, ' ').trim())
  return {
    title: page('title').first().text().trim(),
    description: described.find((text) => text !== '')?.trim() ?? '',
    body_text: paragraphs
      .filter((text) => text !== '')
      .join(' ')
      .slice(0, longest),
  }
}
