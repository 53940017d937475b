import type { HttpCall } from './http-call.ts'

/** How one search service is asked. */
export interface SearchService {
  readonly name: string
  readonly label: string
  readonly tool: string
  readonly credential?: string
  /** Fields of the credential, all needed. */
  readonly fields: readonly string[]
  readonly call: (
    query: string,
    values: Readonly<Record<string, string>>,
  ) => Omit<HttpCall, 'signal'>
}

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
    call: (query, { tavilyApiKey = '' }) =>
      post('https://api.tavily.com/search', { query }, { authorization: `Bearer ${tavilyApiKey}` }),
  },
  {
    name: 'exaSearch',
    label: 'Exa Search',
    tool: 'exa_search',
    credential: 'exaSearchApi',
    fields: ['exaSearchApiKey'],
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
    call: (q, { apiBase = '' }) =>
      get(`${apiBase.replace(/\/+$/, '')}/search`, { q, format: 'json' }),
  },
]

function get(url: string, query: Readonly<Record<string, unknown>>, headers = {}) {
  return { url, method: 'GET', query, headers: { accept: 'application/json', ...headers } }
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>>) {
  return { url, method: 'POST', body, headers }
}
