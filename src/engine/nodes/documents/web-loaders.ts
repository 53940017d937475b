import { Failure } from '../../../core/errors.ts'
import { loaded, loaderInputs, plainReading } from '../../documents/loader.ts'
import { fetchPage, fetchPages } from '../../documents/web.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'

/** Loads pages as they are sent: what their scripts would add is not seen. */
export const webScraper = defineNode({
  name: 'cheerioWebScraper',
  aliases: ['playwrightWebScraper', 'puppeteerWebScraper', 'plainUrl'],
  label: 'Cheerio Web Scraper',
  version: 2,
  category: 'Document Loaders',
  description: 'Loads a page, those it leads to, or those of a sitemap.',
  inputs: {
    ...loaderInputs,
    url: text({ acceptVariable: true }),
    relativeLinksMethod: text(),
    limit: number({ default: 10 }),
    selector: text(),
    cssSelector: text(),
  },
  build: async (inputs, context) => {
    const { url, relativeLinksMethod, limit } = inputs
    const selector = inputs.selector || inputs.cssSelector
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      const sentence = `The node ${nodeTitle(context.node)} cannot run: its url is no http address.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    const isSitemap =
      relativeLinksMethod === 'scrapeXMLSitemap' ||
      (url.includes('sitemap') && url.endsWith('.xml'))
    const isOne = relativeLinksMethod === '' && !isSitemap
    const method = isSitemap ? 'sitemap' : 'crawl'
    const files = async () =>
      isOne ? [await fetchPage(url, context)] : fetchPages(url, { method, limit }, context)
    const reading = { ...plainReading, kind: 'html', selector } as const
    return loaded(inputs, { files, reading }, context)
  },
})
