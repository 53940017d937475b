import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import type { DocumentFile } from '../node/load-job.ts'
import { linksIn } from './read-html.ts'

type World = Pick<NodeContext, 'ports' | 'signal'>

const mostPages = 500
const mostBytes = 20 * 1024 * 1024

/**
 * A page by the guarded fetch.
 * @throws Failure UPSTREAM naming the address, UNPROCESSABLE for a page that is too large.
 */
export async function fetchPage(url: string, { ports, signal }: World): Promise<DocumentFile> {
  const response = await ports.fetch(url, { signal })
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

/** The pages of a sitemap, or those of the same host that a page leads to, nearest first. */
export async function fetchPages(
  start: string,
  how: { readonly method: 'sitemap' | 'crawl'; readonly limit: number },
  world: World,
): Promise<DocumentFile[]> {
  const limit = how.limit > 0 ? Math.min(how.limit, mostPages) : mostPages
  const { host } = new URL(start)
  const pages: DocumentFile[] = []
  const seen = new Set([start])
  for (const url of seen) {
    if (pages.length >= limit) break
    const page = await fetchPage(url, world)
    const isFirst = url === start
    if (!isFirst || how.method === 'crawl') pages.push(page)
    if (!isFirst && how.method === 'sitemap') continue
    const links = await linksIn(Buffer.from(page.bytes).toString('utf8'), url)
    // A set is walked in the order of its making, and takes newcomers while it is walked.
    for (const link of links) if (new URL(link).host === host) seen.add(link)
  }
  return pages
}
