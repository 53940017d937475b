import { Failure } from '../../../core/errors.ts'
import { scrapeFrom, scrapeSitemap, type Scraping } from '../../documents/scrape.ts'
import { defineNode } from '../../node/define.ts'
import { number, options, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { httpUrl } from '../../text/urls.ts'
import { argument } from '../../tools/schema.ts'

/** However many an author wants: the model has to read them all. */
const mostPages = 100

/** Pages as they are sent: what their scripts would add is not seen. */
export const webScraperTool = defineNode({
  name: 'webScraperTool',
  label: 'Web Scraper Tool',
  version: 1.1,
  category: 'Tools',
  description: 'Reads a page and those it leads to, or those of a sitemap.',
  inputs: {
    scrapeMode: options(['recursive', 'sitemap'], { default: 'recursive' }),
    maxDepth: number({ default: 1 }),
    maxPages: number({ default: 10 }),
    timeoutS: number({ default: 60 }),
    description: text(),
  },
  build: async (inputs, context): Promise<Tool> => {
    const { scrapeMode, maxDepth, maxPages, timeoutS } = inputs
    const how = {
      depth: Math.max(1, maxDepth),
      pages: maxPages > 0 ? Math.min(maxPages, mostPages) : mostPages,
      timeoutMs: timeoutS > 0 ? timeoutS * 1000 : 60_000,
    }
    return {
      kind: 'tool',
      tellsFailure: true,
      name: 'web_scraper_tool',
      description: inputs.description || descriptionOf(scrapeMode, how),
      schema: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The address of the page' } },
        required: ['input'],
        additionalProperties: false,
      },
      run: async ({ input }, { signal }) => {
        const url = httpUrl(argument(input))
        if (url === undefined) {
          throw new Failure('UNPROCESSABLE', 'The address is not an http URL.')
        }
        const world = { ports: context.ports, signal }
        const listed = scrapeMode === 'sitemap' ? await scrapeSitemap(url, how, world) : []
        return JSON.stringify(listed.length > 0 ? listed : await scrapeFrom(url, how, world))
      },
    }
  },
})

function descriptionOf(mode: 'recursive' | 'sitemap', { depth, pages }: Scraping): string {
  const way =
    mode === 'sitemap'
      ? `Reads up to ${pages} pages that the sitemap of a website lists.`
      : `Reads a web page, and what it links to up to ${depth} levels deep and ${pages} pages.`
  return `${way} The input is one URL. Answers a JSON list of titles, descriptions and texts.`
}
