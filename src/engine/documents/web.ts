import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import type { DocumentFile } from '../node/load-job.ts'
import { linksIn } from './read-html.ts'

type World = Pick<NodeContext, 'ports' | 'signal'>

const mostPages = 500
/** Sitemaps that another one lists. */
const mostLists = 50
const mostBytes = 20 * 1024 * 1024

/**
 * A page by the guarded fetch.
 * @throws Failure UPSTREAM naming the address, UNPROCESSABLE for a page that is too large.
 */
export async function fetchPage(
  url: string,
  { ports, signal }: World,
  headers: Readonly<Record<string, string>> = {},
): Promise<DocumentFile> {
  const response = await ports.fetch(url, { signal, headers })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Failure('UPSTREAM', `The page ${url} answered ${response.status}.`)
  }
  const mime = response.headers.get('content-type')?.split(';')[0]?.trim() ?? ''
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array
    size += bytes.length
    if (size > mostBytes) {
      const sentence = `The page ${url} is larger than ${mostBytes / 1024 ** 2} MiB.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    parts.push(bytes)
  }
  return { name: url, mime, bytes: Buffer.concat(parts), origin: url }
}

interface Walk {
  readonly method: 'sitemap' | 'crawl'
  readonly limit: number
}

/**
 * The pages of a sitemap and of those it lists, or the pages of the same host that a page leads to,
 * nearest first.
 */
export async function fetchPages(start: string, how: Walk, world: World): Promise<DocumentFile[]> {
  const limit = how.limit > 0 ? Math.min(how.limit, mostPages) : mostPages
  const { host } = new URL(start)
  const pages: DocumentFile[] = []
  const seen = new Set([start])
  let visits = 0
  for (const url of seen) {
    if (pages.length >= limit || visits > limit + mostLists) break
    visits += 1
    const found = await foundAt(await fetchPage(url, world), start, how)
    pages.push(...found.pages)
    // A set is walked in the order of its making, and takes newcomers while it is walked.
    for (const link of found.links) if (new URL(link).host === host) seen.add(link)
  }
  return pages
}

interface Found {
  readonly pages: readonly DocumentFile[]
  readonly links: readonly string[]
}

async function foundAt(page: DocumentFile, start: string, { method }: Walk): Promise<Found> {
  const text = Buffer.from(page.bytes).toString('utf8')
  const isList = page.name === start || /<(?:sitemapindex|urlset)\b/.test(text.slice(0, 1000))
  if (method === 'sitemap' && !isList) return { pages: [page], links: [] }
  const links = await linksIn(text, page.name)
  return { pages: method === 'sitemap' ? [] : [page], links }
}
