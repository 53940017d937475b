import { loaded, loaderInputs, plainReading } from '../../documents/loader.ts'
import { fetchPage, fetchPages } from '../../documents/web.ts'
import { missing } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, text } from '../../node/inputs.ts'
import { httpUrl } from '../../text/urls.ts'

/** Without what stands around it; some themes have no main part. */
const mainPart = 'main, :root:not(:has(main))'

export const gitbook = defineNode({
  name: 'gitbook',
  label: 'GitBook',
  version: 1,
  category: 'Document Loaders',
  description: 'Loads a page of a GitBook, or all that its sitemap lists.',
  inputs: {
    ...loaderInputs,
    webPath: text(),
    shouldLoadAllPaths: bool({ default: false }),
  },
  build: async (inputs, context) => {
    const page = httpUrl(inputs.webPath)
    if (page === undefined) throw missing(context, 'the http URL of a GitBook')
    const sitemap = `${page.replace(/\/$/, '')}/sitemap.xml`
    const files = async () =>
      inputs.shouldLoadAllPaths
        ? fetchPages(sitemap, { method: 'sitemap', limit: 0 }, context)
        : [await fetchPage(page, context)]
    const reading = { ...plainReading, kind: 'html', selector: mainPart } as const
    return loaded(inputs, { files, reading }, context)
  },
})
