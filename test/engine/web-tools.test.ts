import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { gathered } from '../../src/engine/documents/gather.ts'
import { pdf } from '../vectors/files.ts'
import { detour } from './detour.ts'
import { buildInstance, failureOf, startStub } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

const signal = new AbortController().signal

/** The named tool in a world whose every host is the given server. */
async function toolBeside(
  listener: RequestListener,
  name: string,
  how: { inputs?: Record<string, unknown>; credential?: Record<string, string> } = {},
) {
  stub = await startStub(listener)
  const base = stub.baseUrl.replace('/v1', '')
  const { asked, fetch } = detour(stub.fetch, base)
  const credential = async () => how.credential ?? {}
  const node = { name, inputs: how.inputs ?? {} }
  const tool = await buildInstance('tool', node, { ports: { fetch, credential } })
  const say = async (args: Record<string, unknown>): Promise<string> => {
    const answer = await tool.run(args, { signal })
    return typeof answer === 'string' ? answer : answer.text
  }
  return { asked, tool, say }
}

/** A website by path; what is not there is answered 404. */
const site =
  (pages: Readonly<Record<string, string | Buffer>>): RequestListener =>
  (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://site')
    const page = pages[pathname]
    response.statusCode = page === undefined ? 404 : 200
    response.setHeader('content-type', pathname.endsWith('.xml') ? 'text/xml' : 'text/html')
    response.end(page ?? 'gone')
  }

const paths = (urls: readonly URL[]) => urls.map(({ pathname }) => pathname)

describe('web scraper', () => {
  const pages = {
    '/': `<title>Home</title><meta name="description" content="All of it">
      <p>Hello  you</p><p>and <b>you</b></p><a href="/a#top">a</a><a href="/b">b</a><a href="/">.</a>`,
    '/a': '<title>A</title><p>about a</p><a href="/deep">deep</a>',
    '/deep': '<p>too deep</p>',
    '/sitemap.xml':
      '<?xml version="1.0"?><urlset><url><loc>http://site.example/a</loc></url></urlset>',
  }

  test('reads one page where nothing else is drawn', async () => {
    const { asked, say } = await toolBeside(site(pages), 'webScraperTool')
    expect(JSON.parse(await say({ input: 'http://site.example/' }))).toEqual([
      {
        url: 'http://site.example/',
        title: 'Home',
        description: 'All of it',
        body_text: 'Hello you and you',
      },
    ])
    expect(paths(asked)).toEqual(['/'])
  })

  test('goes as deep as drawn, sees a page once, and tells which it could not have', async () => {
    const inputs = { maxDepth: '2' }
    const { asked, say } = await toolBeside(site(pages), 'webScraperTool', { inputs })
    const found = JSON.parse(await say({ input: 'http://site.example/' })) as { error?: string }[]
    expect(paths(asked)).toEqual(['/', '/a', '/b'])
    expect(found).toMatchObject([{ title: 'Home' }, { title: 'A', body_text: 'about a' }, {}])
    expect(found[2]?.error).toMatch(/site\.example\/b answered 404/)
  })

  test('stops at the number of pages', async () => {
    const inputs = { maxDepth: 3, maxPages: '2' }
    const { asked, say } = await toolBeside(site(pages), 'webScraperTool', { inputs })
    await say({ input: 'http://site.example/' })
    expect(paths(asked)).toEqual(['/', '/a'])
  })

  test('takes the pages of a sitemap, and follows links where there is none', async () => {
    const inputs = { scrapeMode: 'sitemap' }
    const listed = await toolBeside(site(pages), 'webScraperTool', { inputs })
    expect(JSON.parse(await listed.say({ input: 'http://site.example/' }))).toMatchObject([
      { url: 'http://site.example/a', title: 'A' },
    ])
    expect(paths(listed.asked)).toEqual(['/sitemap.xml', '/a'])
    await stub?.stop()
    const bare = await toolBeside(site({ '/': pages['/'] }), 'webScraperTool', { inputs })
    expect(JSON.parse(await bare.say({ input: 'http://site.example/' }))).toMatchObject([
      { title: 'Home' },
    ])
  })

  test('a page that takes too long, that is no HTML, that is no address', async () => {
    const slow = await toolBeside(() => undefined, 'webScraperTool', { inputs: { timeoutS: 0.1 } })
    expect(await slow.say({ input: 'http://site.example/' })).toMatch(/did not come within 0\.1 s/)
    expect((await failureOf(slow.say({ input: 'file:///etc/passwd' }))).message).toMatch(
      /no[t]? an http URL/,
    )
    await stub?.stop()
    const image: RequestListener = (_request, response) => {
      response.setHeader('content-type', 'image/png')
      response.end('x')
    }
    const { say } = await toolBeside(image, 'webScraperTool')
    expect(await say({ input: 'http://site.example/' })).toMatch(/no HTML but image\/png/)
  })
})

describe('arXiv', () => {
  const feed = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry>
    <id>http://arxiv.org/abs/2301.12345v2</id><published>2023-01-29T18:00:00Z</published>
    <title>On
      socks</title><summary> Socks &amp; shoes. </summary>
    <author><name>A. Foot</name></author><author><name>B. Toe</name></author></entry></feed>`
  const about =
    'Published: 2023-01-29\nTitle: On socks\nAuthors: A. Foot, B. Toe\nSummary: Socks & shoes.'

  test('finds papers by words, by ids, or none', async () => {
    const { asked, say } = await toolBeside(site({ '/api/query': feed }), 'arxiv')
    expect(await say({ query: 'ti:warm-socks' })).toBe(about)
    expect(await say({ query: '2301.12345v2 math/0211159' })).toBe(about)
    expect(asked.map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual([
      { search_query: 'all:tiwarmsocks', sortBy: 'relevance', max_results: '3' },
      { id_list: '2301.12345v2,math/0211159', max_results: '3' },
    ])
    await stub?.stop()
    const none = await toolBeside(site({ '/api/query': '<feed></feed>' }), 'arxiv')
    expect(await none.say({ query: 'x' })).toBe('No good Arxiv Result was found')
  })

  test('reads whole papers, as long as drawn', async () => {
    const pages = {
      '/api/query': feed,
      '/pdf/2301.12345v2': pdf(['Feet are cold.', 'So warm them.']),
    }
    const inputs = { loadFullContent: true }
    const { say } = await toolBeside(site(pages), 'arxiv', { inputs })
    expect(await say({ query: 'socks' })).toBe(
      `${about}\n\nFull Content:\nFeet are cold.\n\nSo warm them.`,
    )
    await stub?.stop()
    const short = { ...inputs, docContentCharsMax: '9' }
    const cut = await toolBeside(site(pages), 'arxiv', { inputs: short })
    expect(await cut.say({ query: 'socks' })).toBe('Published')
  })

  test('a paper that cannot be read ends the search, unless it is to go on', async () => {
    const pages = { '/api/query': feed }
    const strict = await toolBeside(site(pages), 'arxiv', { inputs: { loadFullContent: true } })
    expect((await failureOf(strict.say({ query: 'socks' }))).message).toMatch(/answered 404/)
    await stub?.stop()
    const inputs = { loadFullContent: true, continueOnFailure: true }
    const easy = await toolBeside(site(pages), 'arxiv', { inputs })
    expect(await easy.say({ query: 'socks' })).toMatch(/\[The paper could not be read: .*404/)
  })
})

describe('WolframAlpha', () => {
  const listener: RequestListener = (request, response) => response.end(`asked ${request.url}`)

  test('is asked with the id of the credential', async () => {
    const credential = { wolframAlphaAppId: 'APP-1' }
    const { asked, say } = await toolBeside(listener, 'wolframAlpha', { credential })
    expect(await say({ input: '2 + 2' })).toBe('asked /api/v1/llm-api?appid=APP-1&input=2+%2B+2')
    expect(asked[0]?.host).toBe('www.wolframalpha.com')
  })

  test('says that it needs a credential', async () => {
    const { say } = await toolBeside(listener, 'wolframAlpha')
    const failure = await failureOf(say({ input: '2 + 2' }))
    expect(failure.message).toMatch(/"x" \(x_0\).*needs a credential with wolframAlphaAppId/)
  })
})

describe('JSON path extractor', () => {
  const extractor = (inputs: Record<string, unknown>) =>
    buildInstance('tool', { name: 'jsonPathExtractor', inputs })

  test.each<[string, unknown, string]>([
    ['items[0].name', '{"items":[{"name":"sock"}]}', 'sock'],
    ['items', { items: [1, 2] }, '[1,2]'],
    ['gone', '{"gone":null}', 'null'],
    ['n', '{"n":0}', '0'],
  ])('%s', async (path, json, value) => {
    expect(await (await extractor({ path })).run({ json }, { signal })).toBe(value)
  })

  test('says what it was given where nothing is at the path, or answers null', async () => {
    const strict = await extractor({ path: 'a.b' })
    const lost = await failureOf(strict.run({ json: '{"a":{"c":1}}' }, { signal }))
    expect(lost.message).toBe('There is nothing at a.b in {"a":{"c":1}}.')
    expect((await failureOf(strict.run({ json: '{' }, { signal }))).message).toMatch(/no JSON/)
    const easy = await extractor({ path: 'a.b', returnNullOnError: true })
    expect(await easy.run({ json: '{' }, { signal })).toBe('null')
    expect((await failureOf(extractor({}))).message).toMatch(/"x" \(x_0\).*needs a path/)
  })
})

test.each([
  ['cheerioWebScraper', { selector: 'main' }],
  ['puppeteerWebScraper', { cssSelector: 'main' }],
])('%s loads the part of a page that is drawn', async (name, inputs) => {
  stub = await startStub((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<nav>Menu</nav><main>The text</main>')
  })
  const node = { name, inputs: { url: stub.baseUrl, ...inputs } }
  const { fetch } = stub
  const documents = await buildInstance('documents', node, { ports: { fetch } })
  const found = await gathered(documents.load())
  expect(found.map(({ pageContent }) => pageContent.trim())).toEqual(['The text'])
})
