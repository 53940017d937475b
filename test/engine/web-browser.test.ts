import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createEgress } from '../../src/platform/egress/egress.ts'
import { draw, run, startProvider, startStub } from './harness.ts'
import { call, linesOf, script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let stub: Awaited<ReturnType<typeof startStub>>
let egress: ReturnType<typeof createEgress>

/** A page of ten long paragraphs, and vectors that point to what a text is about. */
beforeAll(async () => {
  provider = await startProvider()
  stub = await startStub((request, response) => {
    if (request.method === 'GET') {
      const paragraphs = topics.map((topic) => `<p>About ${topic}. ${`${topic} `.repeat(200)}</p>`)
      response.setHeader('content-type', 'text/html')
      return response.end(`<h1>Clothes</h1>${paragraphs.join('')}`)
    }
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    return request.on('end', () => {
      const { input } = JSON.parse(body) as { input: string[] }
      const data = input.map((text, index) => ({
        index,
        object: 'embedding',
        embedding: topics.map((topic) => text.split(topic).length - 1),
      }))
      response.setHeader('content-type', 'application/json')
      const usage = { prompt_tokens: 1, total_tokens: 1 }
      response.end(JSON.stringify({ object: 'list', data, model: 'm', usage }))
    })
  })
  const hosts = [provider.baseUrl, stub.baseUrl].map((url) => new URL(url).host)
  egress = createEgress({ allow: hosts })
})
afterEach(() => provider.mock.clearRequests())
afterAll(async () => {
  await egress.close()
  await stub.stop()
  await provider.stop()
})

const topics = ['hats', 'coats', 'socks', 'shoes', 'belts', 'gloves', 'scarves', 'skirts']

const flow = () =>
  draw([
    { id: 'chatOpenAI_0', name: 'chatOpenAI', inputs: { basepath: provider.baseUrl } },
    { id: 'openAIEmbeddings_0', name: 'openAIEmbeddings', inputs: { basepath: stub.baseUrl } },
    {
      id: 'webBrowser_0',
      name: 'webBrowser',
      inputs: {
        model: '{{chatOpenAI_0.data.instance}}',
        embeddings: '{{openAIEmbeddings_0.data.instance}}',
      },
    },
    {
      id: 'toolAgent_0',
      name: 'toolAgent',
      category: 'Agents',
      inputs: {
        model: '{{chatOpenAI_0.data.instance}}',
        tools: ['{{webBrowser_0.data.instance}}'],
      },
    },
  ])

/** What the browser's model was shown, and what the agent was told. */
async function browsed(input: string) {
  const asked = script(provider, [call('web-browser', { input }), 'Socks are warm.', 'done'])
  await run(flow(), { ports: { fetch: egress.fetch } })
  return { shown: linesOf(asked[1]).join('\n'), told: linesOf(asked.at(-1)).at(-1) }
}

test('a page is asked by the parts of it that are about the question', async () => {
  const { shown, told } = await browsed(`"${stub.baseUrl}/page","are socks, or shoes, warm?"`)
  expect(shown).toContain('are socks, or shoes, warm?')
  expect(shown).toMatch(/About socks\.[^]*About shoes\./)
  expect(shown).not.toContain('About skirts.')
  expect(told).toBe('tool: Socks are warm.')
})

test('without a question the beginning of a page is summed up', async () => {
  const { shown } = await browsed(`${stub.baseUrl}/page`)
  expect(shown).toMatch(/Summarise[^]*Clothes[^]*About hats/)
  expect(shown).not.toContain('About skirts.')
})

test('what is no address is told to the agent', async () => {
  const asked = script(provider, [call('web-browser', { input: '"ftp://x","y"' }), 'done'])
  await run(flow(), { ports: { fetch: egress.fetch } })
  expect(linesOf(asked[1]).at(-1)).toBe('tool: Error: The input does not begin with an http URL.')
})
