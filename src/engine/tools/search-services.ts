import { withoutEndSlashes } from '../text/urls.ts'
import type { HttpCall } from './http-call.ts'

/** How one search service is asked. */
export interface SearchService {
  readonly name: string
  readonly label: string
  readonly tool: string
  readonly credential?: string
  /** Fields of the credential, all needed. */
  readonly fields: readonly string[]
  /** Inputs of the node that go along when they are set. */
  readonly options?: Readonly<Record<string, SearchOption>>
  readonly call: (
    query: string,
    values: Readonly<Record<string, string>>,
  ) => Omit<HttpCall, 'signal'>
}

/** What the service calls an option, and how it is sent: a list is drawn as `a, b`. */
export interface SearchOption {
  readonly as: string
  readonly kind: 'text' | 'number' | 'switch' | 'list'
}

const word = (as: string): SearchOption => ({ as, kind: 'text' })
const count = (as: string): SearchOption => ({ as, kind: 'number' })
const onOff = (as: string): SearchOption => ({ as, kind: 'switch' })
const list = (as: string): SearchOption => ({ as, kind: 'list' })

export const searchServices: readonly SearchService[] = [
  {
    name: 'serpAPI',
    label: 'Serp API',
    tool: 'search',
    credential: 'serpApi',
    fields: ['serpApiKey'],
    call: (q, { serpApiKey: api_key }) =>
      get('https://serpapi.com/search.json', { q, api_key, engine: 'google' }),
  },
  {
    name: 'serper',
    label: 'Serper',
    tool: 'serper',
    credential: 'serperApi',
    fields: ['serperApiKey'],
    call: (q, { serperApiKey = '' }) =>
      post('https://google.serper.dev/search', { q }, { 'X-API-KEY': serperApiKey }),
  },
  {
    name: 'searchAPI',
    label: 'SearchApi',
    tool: 'search',
    credential: 'searchApi',
    fields: ['searchApiKey'],
    call: (q, { searchApiKey: api_key }) =>
      get('https://www.searchapi.io/api/v1/search', { q, api_key, engine: 'google' }),
  },
  {
    name: 'googleCustomSearch',
    label: 'Google Custom Search',
    tool: 'google-custom-search',
    credential: 'googleCustomSearchApi',
    fields: ['googleCustomSearchApiKey', 'googleCustomSearchApiId'],
    call: (q, { googleCustomSearchApiKey: key, googleCustomSearchApiId: cx }) =>
      get('https://www.googleapis.com/customsearch/v1', { q, key, cx }),
  },
  {
    name: 'braveSearchAPI',
    label: 'BraveSearch API',
    tool: 'brave-search',
    credential: 'braveSearchApi',
    fields: ['braveApiKey'],
    call: (q, { braveApiKey = '' }) =>
      get(
        'https://api.search.brave.com/res/v1/web/search',
        { q },
        { 'X-Subscription-Token': braveApiKey },
      ),
  },
  {
    name: 'tavilyAPI',
    label: 'Tavily API',
    tool: 'tavily_search_results_json',
    credential: 'tavilyApi',
    fields: ['tavilyApiKey'],
    options: {
      topic: word('topic'),
      searchDepth: word('search_depth'),
      chunksPerSource: count('chunks_per_source'),
      maxResults: count('max_results'),
      timeRange: word('time_range'),
      days: count('days'),
      includeAnswer: onOff('include_answer'),
      includeRawContent: onOff('include_raw_content'),
      includeDomains: list('include_domains'),
      excludeDomains: list('exclude_domains'),
    },
    call: (query, { tavilyApiKey = '' }) =>
      post('https://api.tavily.com/search', { query }, { authorization: `Bearer ${tavilyApiKey}` }),
  },
  {
    name: 'exaSearch',
    label: 'Exa Search',
    tool: 'exa_search',
    credential: 'exaSearchApi',
    fields: ['exaSearchApiKey'],
    options: {
      numResults: count('numResults'),
      type: word('type'),
      useAutoprompt: onOff('useAutoprompt'),
      category: word('category'),
      includeDomains: list('includeDomains'),
      excludeDomains: list('excludeDomains'),
      startCrawlDate: word('startCrawlDate'),
      endCrawlDate: word('endCrawlDate'),
      startPublishedDate: word('startPublishedDate'),
      endPublishedDate: word('endPublishedDate'),
    },
    call: (query, { exaSearchApiKey = '' }) =>
      post(
        'https://api.exa.ai/search',
        { query, contents: { text: { maxCharacters: 1000 } } },
        { 'x-api-key': exaSearchApiKey },
      ),
  },
  {
    name: 'searXNG',
    label: 'SearXNG',
    tool: 'searxng-search',
    fields: ['apiBase'],
    options: {
      categories: word('categories'),
      engines: word('engines'),
      language: word('language'),
      pageno: count('pageno'),
      time_range: word('time_range'),
      safesearch: count('safesearch'),
    },
    call: (q, { apiBase = '' }) =>
      get(`${withoutEndSlashes(apiBase)}/search`, { q, format: 'json' }),
  },
]

function get(url: string, query: Readonly<Record<string, unknown>>, headers = {}) {
  return { url, method: 'GET', query, headers: { accept: 'application/json', ...headers } }
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>>) {
  return { url, method: 'POST', body, headers }
}
