import { callHttp } from './http-call.ts'

/** A paper as the list of arXiv has it. */
export interface Paper {
  /** Such as `2301.12345v2`. */
  readonly id: string
  readonly title: string
  readonly authors: readonly string[]
  readonly summary: string
  /** A day; empty when it is not told. */
  readonly published: string
}

const address = 'https://export.arxiv.org/api/query'
/** New ids and old ones: `2301.12345v2`, `math/0211159`, `0211159`. */
const paperId = /^(\d{2}(0[1-9]|1[0-2])\.\d{4,5}|([a-z-]+(\.[A-Z]{2})?\/)?\d{7})(v\d+)?$/

/** The papers with the ids that a query consists of, else those that fit its words best. */
export async function findPapers(
  query: string,
  { most, maxLength }: { readonly most: number; readonly maxLength: number },
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): Promise<Paper[]> {
  const words = query.slice(0, maxLength).trim().split(/\s+/)
  const search = words.every((word) => paperId.test(word))
    ? { id_list: words.join(',') }
    : // A colon names a field of arXiv's, a dash takes words out.
      { search_query: `all:${words.join(' ').replaceAll(/[:-]/g, '')}`, sortBy: 'relevance' }
  const call = { url: address, method: 'GET', headers: {}, signal }
  return papersIn(await callHttp(fetch, { ...call, query: { ...search, max_results: most } }))
}

async function papersIn(feed: string): Promise<Paper[]> {
  const { load } = await import('cheerio/slim')
  const page = load(feed, { xml: true })
  return page('entry')
    .toArray()
    .map((entry) => {
      const of = (selector: string) =>
        page(entry)
          .find(selector)
          .toArray()
          .map((part) => page(part).text().replaceAll(/\s+/g, ' ').trim())
      const [link = ''] = of('> id')
      return {
        id: link.replace(/^https?:\/\/[^/]+\/abs\//, ''),
        title: of('> title')[0] ?? '',
        authors: of('author > name'),
        summary: of('> summary')[0] ?? '',
        published: (of('> published')[0] ?? '').slice(0, 10),
      }
    })
    .filter(({ title, summary }) => title !== '' && summary !== '')
}
