import type { RequestListener } from 'node:http'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { gathered } from '../../src/engine/documents/gather.ts'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'
import { detour } from './detour.ts'
import { buildInstance, buildNode, draw, failureOf, run, startStub, type Told } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined
const sandbox = createSandbox({ fetch: async () => new Response() })

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})
afterAll(() => sandbox.close())

/** What a loader loads in a world whose every host is the given server, and what it asked for. */
async function load(
  listener: RequestListener,
  node: { name: string; inputs: Record<string, unknown> },
  credential: Record<string, string> = {},
) {
  stub = await startStub(listener)
  const { asked, fetch } = detour(stub.fetch, stub.baseUrl)
  const ports = { fetch, credential: async () => credential }
  const documents = await gathered((await buildInstance('documents', node, { ports })).load())
  return { asked, documents, requests: stub.requests }
}

const json =
  (value: unknown): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify(value))

describe('API loader', () => {
  const echo: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () =>
      response.end(JSON.stringify({ method: request.method, body, key: request.headers['x-key'] })),
    )
  }

  test.each([
    ['GET', { body: '{"a":1}' }, { method: 'GET', body: '', key: 'k' }],
    ['POST', { body: '{"a":1}' }, { method: 'POST', body: '{"a":1}', key: 'k' }],
    ['POST', {}, { method: 'POST', body: '{}', key: 'k' }],
  ])('%s %j is answered by one document of JSON', async (method, inputs, answer) => {
    const url = 'http://api.example/things?x=1'
    const headers = '{"X-Key":"k"}'
    const drawn = { method, url, headers, metadata: '{"from":"api"}', ...inputs }
    const { documents } = await load(echo, { name: 'apiLoader', inputs: drawn })
    expect(documents).toEqual([
      {
        pageContent: JSON.stringify(answer, null, 2),
        metadata: { url, from: 'api' },
        origin: url,
      },
    ])
  })

  test('what is no JSON is loaded as it is; what is no address and what fails is told', async () => {
    const inputs = { url: 'http://api.example/' }
    const plain = await load((_request, response) => response.end('plain'), {
      name: 'apiLoader',
      inputs,
    })
    expect(plain.documents[0]?.pageContent).toBe('plain')
    await stub?.stop()
    const broken: RequestListener = (_request, response) => response.writeHead(500).end('oh')
    const failure = await failureOf(load(broken, { name: 'apiLoader', inputs }))
    expect(failure.message).toBe('The node "x" (x_0) cannot run: api.example answered 500: oh')
    const file = { name: 'apiLoader', inputs: { url: 'file:///etc/passwd' } }
    expect((await failureOf(buildNode(file))).message).toMatch(/"x" \(x_0\).*needs an http URL/)
  })
})

describe('custom document loader', () => {
  const told: Told = { ports: { runCode: (job) => sandbox.run(job) } }
  const inputs = (javascriptFunction: string) => ({
    javascriptFunction,
    functionInputVariables: '{"name":"wool"}',
  })
  const loaderOf = (code: string) =>
    buildInstance('documents', { name: 'customDocumentLoader', inputs: inputs(code) }, told)

  test('loads what its code returns', async () => {
    const code = 'return [{ pageContent: `about ${$name}, ${$input}`, metadata: { n: 1 } }]'
    expect(await gathered((await loaderOf(code)).load())).toEqual([
      { pageContent: 'about wool, socks', metadata: { n: 1 }, origin: null },
    ])
  })

  test.each([
    ['return "text"', /"x" \(x_0\) must return a list of documents/],
    ['return [{ pageContent: "x" }]', /must return documents that have a pageContent and metadata/],
    ['throw new Error("no luck")', /The code of "x" \(x_0\) failed:.*no luck/],
  ])('%s is refused', async (code, message) => {
    const failure = await failureOf(loaderOf(code).then((loader) => gathered(loader.load())))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })

  test('gives a text where that output is chosen', async () => {
    const flow = draw([
      {
        id: 'loader_0',
        name: 'customDocumentLoader',
        output: 'text',
        inputs: inputs('return `said ${$name}`'),
      },
      {
        id: 'customFunction_0',
        name: 'customFunction',
        category: 'Utilities',
        output: 'EndingNode',
        inputs: {
          functionInputVariables: '{"said":"{{loader_0.data.instance}}"}',
          javascriptFunction: 'return $said',
        },
      },
    ])
    expect((await run(flow, told)).text).toBe('said wool')
  })
})

describe('GitHub', () => {
  const files: Readonly<Record<string, string | Buffer>> = {
    'README.md': '# Socks',
    'docs/care.md': 'Wash cold.',
    'docs/deep/a b.json': '{"warm":true}',
    'logo.png': 'x',
    data: Buffer.from([0, 1, 2, 3]),
    'empty.txt': '',
    'dist/out.js': 'built()',
  }
  const hub: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '', 'http://hub')
    const tree = Object.entries(files).map(([path, content]) => ({
      path,
      type: 'blob',
      size: content.length,
    }))
    if (url.pathname === '/repos/acme/shop/git/trees/feature%2Fx') {
      return response.end(JSON.stringify({ tree: [{ path: 'docs', type: 'tree' }, ...tree] }))
    }
    const path = decodeURIComponent(url.pathname.replace('/repos/acme/shop/contents/', ''))
    const isRaw = request.headers.accept === 'application/vnd.github.raw+json'
    const content = isRaw ? files[path] : undefined
    return response.writeHead(content === undefined ? 404 : 200).end(content ?? 'gone')
  }
  const inputs = { repoLink: 'https://github.com/acme/shop', branch: 'feature/x' }
  const paths = (documents: readonly { metadata: Readonly<Record<string, unknown>> }[]) =>
    documents.map(({ metadata }) => metadata['source'])

  test('loads the text files at the top of a branch, with the token of the credential', async () => {
    const node = { name: 'github', inputs }
    const { documents, asked, requests } = await load(hub, node, { accessToken: 'gh-token' })
    const [readme] = documents
    expect(readme).toEqual({
      pageContent: '# Socks',
      metadata: {
        source: 'README.md',
        repository: 'https://github.com/acme/shop',
        branch: 'feature/x',
      },
      origin: 'https://github.com/acme/shop/blob/feature/x/README.md',
    })
    expect(documents).toHaveLength(1)
    expect(asked.map(({ href }) => href)).toEqual([
      'https://api.github.com/repos/acme/shop/git/trees/feature%2Fx?recursive=1',
      'https://api.github.com/repos/acme/shop/contents/README.md?ref=feature%2Fx',
      'https://api.github.com/repos/acme/shop/contents/data?ref=feature%2Fx',
    ])
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 3 }, () => 'Bearer gh-token'),
    )
  })

  test('goes into folders, and leaves out what is to be ignored', async () => {
    const drawn = { ...inputs, recursive: true, ignorePath: '["dist/", "*.md", "!docs/*.md"]' }
    const { documents, requests } = await load(hub, { name: 'github', inputs: drawn })
    expect(paths(documents)).toEqual(['docs/care.md', 'docs/deep/a b.json'])
    expect(documents[1]?.pageContent).toBe('{"warm":true}')
    expect(requests.some(({ headers }) => 'authorization' in headers)).toBe(false)
  })

  test('takes a folder out of the link, and a server of one’s own', async () => {
    const drawn = {
      repoLink: 'https://git.acme.example/acme/shop/tree/feature/docs/deep',
      branch: 'feature/x',
      githubBaseUrl: 'https://git.acme.example/',
      githubInstanceApi: 'https://api.acme.example/',
    }
    const { documents, asked } = await load(hub, { name: 'github', inputs: drawn })
    expect(paths(documents)).toEqual(['docs/deep/a b.json'])
    expect(new Set(asked.map(({ host }) => host))).toEqual(new Set(['api.acme.example']))
  })

  test('who chooses another repository does not get the token of the author', async () => {
    stub = await startStub(json({ tree: [] }))
    const { fetch } = detour(stub.fetch, stub.baseUrl)
    const documents = await buildInstance(
      'documents',
      { name: 'github', inputs },
      {
        ports: { fetch, credential: async () => ({ accessToken: 'gh-token' }) },
        apiConfig: {
          overrideConfig: { status: true, nodes: { x: [{ name: 'repoLink', enabled: true }] } },
        },
        input: { overrideConfig: { repoLink: 'https://github.com/acme/secret' } },
      },
    )
    await gathered(documents.load())
    expect(stub.requests[0]?.url).toMatch(/^\/repos\/acme\/secret\//)
    expect(stub.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test('a repository that is elsewhere, too large or not there is refused', async () => {
    const elsewhere = { name: 'github', inputs: { repoLink: 'https://evil.example/acme/shop' } }
    expect((await failureOf(buildNode(elsewhere))).message).toMatch(
      /needs the link of a repository/,
    )
    const tree = [{ path: 'a.txt', type: 'blob', size: 200 * 1024 * 1024 }]
    const large = await failureOf(load(json({ tree }), { name: 'github', inputs }))
    expect(large.message).toMatch(/more than 2000 files or 100 MiB/)
    await stub?.stop()
    const gone = { name: 'github', inputs: { ...inputs, branch: 'gone' } }
    expect((await failureOf(load(hub, gone))).message).toMatch(/api\.github\.com answered 404/)
  })
})

describe('GitBook', () => {
  const pages: Readonly<Record<string, string>> = {
    '/docs/':
      '<html><head><title>Docs</title></head><body><nav>Menu</nav><main><h1>Start</h1></main></body></html>',
    '/docs/sitemap.xml':
      '<?xml version="1.0"?><sitemapindex><sitemap><loc>http://book.example/docs/pages.xml</loc></sitemap></sitemapindex>',
    '/docs/pages.xml':
      '<?xml version="1.0"?><urlset><url><loc>http://book.example/docs/</loc></url><url><loc>http://book.example/bare</loc></url></urlset>',
    '/bare': '<html><head><title>Bare</title></head><body><p>No main part.</p></body></html>',
  }
  const site: RequestListener = (request, response) => {
    const page = pages[request.url ?? '']
    response.setHeader('content-type', request.url?.endsWith('.xml') ? 'text/xml' : 'text/html')
    response.writeHead(page === undefined ? 404 : 200).end(page)
  }

  test('loads the main part of a page, or all pages', async () => {
    const webPath = 'http://book.example/docs/'
    const one = await load(site, { name: 'gitbook', inputs: { webPath } })
    expect(one.documents).toMatchObject([
      { pageContent: 'Start', metadata: { source: webPath, title: 'Docs' } },
    ])
    await stub?.stop()
    const all = { webPath, shouldLoadAllPaths: true }
    const { documents } = await load(site, { name: 'gitbook', inputs: all })
    expect(documents.map(({ pageContent }) => pageContent)).toEqual(['Start', 'No main part.'])
  })
})

describe('search loaders', () => {
  const found = [{ title: 'T', link: 'https://l.example', snippet: 'S' }, { title: 'no words' }]

  test.each<[string, Record<string, string>, unknown, RegExp]>([
    ['searchApi', { searchApiKey: 'k1' }, { organic_results: found }, /searchapi\.io.*api_key=k1/],
    ['serpApi', { serpApiKey: 'k2' }, { organic_results: found }, /serpapi\.com.*api_key=k2/],
    ['braveSearchApiLoader', { braveApiKey: 'k3' }, { web: { results: found } }, /search\.brave/],
  ])('%s gives a document for each result', async (...[name, credential, answer, sent]) => {
    const inputs = { query: 'news about {{question}}', customParameters: '{"num":"2"}' }
    const { documents, asked } = await load(json(answer), { name, inputs }, credential)
    expect(documents).toEqual([
      {
        pageContent: 'S',
        metadata: { title: 'T', link: 'https://l.example' },
        origin: 'https://l.example',
      },
    ])
    expect(asked[0]?.href).toMatch(sent)
    expect(asked[0]?.searchParams.get('q')).toBe('news about socks')
    expect(asked[0]?.searchParams.get('num')).toBe('2')
  })

  test('one without a credential says so', async () => {
    const failure = await failureOf(load(json({}), { name: 'serpApi', inputs: { query: 'x' } }))
    expect(failure.message).toMatch(/"x" \(x_0\) cannot search: it needs a credential/)
  })
})
