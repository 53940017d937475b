import type { SourceDocument } from '../node/events.ts'
import type { Reading } from '../node/load-job.ts'

const unseen = 'script, style, noscript, template, svg, iframe, head'
const blocks =
  'address, article, aside, blockquote, dd, div, dl, dt, figcaption, figure, footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, main, nav, ol, p, pre, section, table, tr, ul'

/** What a reader of the page sees, with a line for each block, or with its tags. */
export async function readHtml(
  text: string,
  { selector, withTags = false }: Reading,
): Promise<SourceDocument[]> {
  const { load } = await import('cheerio/slim')
  const page = load(text)
  const title = page('title').first().text().trim()
  page(unseen).remove()
  const parts = page(selector === '' ? ':root' : selector)
  const metadata = title === '' ? {} : { title }
  if (withTags) return [{ pageContent: page.html(parts), metadata }]
  page('br').replaceWith('\n')
  page('td, th').append(' ')
  page(blocks).prepend('\n').append('\n')
  const seen = parts
    .toArray()
    .map((part) => page(part).text())
    .join('\n')
  const pageContent = seen
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
  return [{ pageContent, metadata }]
}

/** The addresses that a page links to, or that a sitemap lists, each once. */
export async function linksIn(text: string, base: string): Promise<string[]> {
  const { load } = await import('cheerio/slim')
  const isXml = text.trimStart().startsWith('<?xml')
  const page = load(text, { xml: isXml })
  const found = isXml
    ? page('loc')
        .toArray()
        .map((part) => page(part).text().trim())
    : page('a[href]')
        .toArray()
        .map((part) => page(part).attr('href') ?? '')
  const links = found.flatMap((link) => {
    if (!URL.canParse(link, base)) return []
    const url = new URL(link, base)
    url.hash = ''
    return /^https?:$/.test(url.protocol) ? [url.href] : []
  })
  return [...new Set(links)]
}
