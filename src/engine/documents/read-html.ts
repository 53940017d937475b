import type { CheerioAPI } from 'cheerio'
import type { SourceDocument } from '../node/events.ts'
import type { Reading } from '../node/load-job.ts'
import { openMarkup } from './markup.ts'

type Nodes = ReturnType<ReturnType<CheerioAPI>['contents']>
type Node = NonNullable<Nodes[number]>

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '))
const unseen = names('script style noscript template svg iframe head')
const cells = names('td th')
const blocks = names(
  'address article aside blockquote dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul',
)

/** What a reader of the page sees, with a line for each block, or with its tags. */
export async function readHtml(
  text: string,
  { selector, withTags = false }: Reading,
): Promise<SourceDocument[]> {
  const page = await openMarkup(text)
  const title = page('title').first().text().trim()
  for (const root of page.root().toArray()) removeUnseen(root)
  const parts = page(selector === '' ? ':root' : selector)
  const metadata = title === '' ? {} : { title }
  if (withTags) return [{ pageContent: page.html(parts), metadata }]
  const seen = parts
    .toArray()
    .map((part) => textOf(part).join(''))
    .join('\n')
  const pageContent = seen
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
  return [{ pageContent, metadata }]
}

/** Cheerio takes nodes out one by one, and looks for each among all of its neighbours. */
function removeUnseen(node: Node): void {
  if (!('children' in node)) return
  const kept = node.children.filter((child) => !('name' in child && unseen.has(child.name)))
  for (const [at, child] of kept.entries()) {
    child.prev = kept[at - 1] ?? null
    child.next = kept[at + 1] ?? null
    removeUnseen(child)
  }
  node.children = kept
}

function textOf(node: Node, found: string[] = []): string[] {
  const name = 'name' in node ? node.name : ''
  if (node.nodeType === 3) found.push(node.data)
  if (name === 'br' || blocks.has(name)) found.push('\n')
  if ('children' in node) for (const child of node.children) textOf(child, found)
  if (cells.has(name)) found.push(' ')
  if (blocks.has(name)) found.push('\n')
  return found
}

/** The addresses that a page links to, or that a sitemap lists, each once. */
export async function linksIn(text: string, base: string): Promise<string[]> {
  const isXml = text.trimStart().startsWith('<?xml')
  const page = await openMarkup(text, { xml: isXml })
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
