import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../harness.ts'
import { dataUri, qaFlow, startEmbedder, upsert } from './harness.ts'

let app: TestApp
let embedder: Awaited<ReturnType<typeof startEmbedder>>

beforeAll(async () => {
  embedder = await startEmbedder()
  app = await startApp({ env: { EGRESS_ALLOW: embedder.host } })
})
afterAll(async () => {
  await app.close()
  embedder.stop()
})

/** The chunks of a text, as a splitter with these inputs cuts it. */
async function chunksOf(text: string, name: string, inputs: Readonly<Record<string, unknown>>) {
  const loader = {
    inputs: { txtFile: dataUri(text), textSplitter: '{{cutter_0.data.instance}}' },
  }
  const splitter = { id: 'cutter_0', name, category: 'Text Splitters', inputs }
  const flowData = qaFlow(embedder.baseUrl, { loader, more: [splitter] })
  const flow = await app.addFlow({ flowData })
  const { status, body } = await upsert({ app }, flow.id)
  expect(status).toBe(200)
  return body.addedDocs
}

const texts = (chunks: Awaited<ReturnType<typeof chunksOf>>) =>
  chunks.map(({ pageContent }) => pageContent)

describe('a text splitter', () => {
  it('cuts at paragraphs, lines and words, and says between which lines', async () => {
    const text = 'One two three.\n\nFour five six seven eight nine.'
    const inputs = { chunkSize: 20, chunkOverlap: 0 }
    const chunks = await chunksOf(text, 'recursiveCharacterTextSplitter', inputs)
    expect(texts(chunks)).toEqual(['One two three.', 'Four five six seven', 'eight nine.'])
    expect(chunks.map(({ metadata }) => metadata['loc'])).toEqual([
      { lines: { from: 1, to: 1 } },
      { lines: { from: 3, to: 3 } },
      { lines: { from: 3, to: 3 } },
    ])
  })

  it('of characters cuts at its separator alone', async () => {
    const inputs = { chunkSize: 10, chunkOverlap: 0, separator: '|' }
    const chunks = await chunksOf('first one|second one|x|y', 'characterTextSplitter', inputs)
    expect(texts(chunks)).toEqual(['first one', 'second one', 'x|y'])
  })

  it('of tokens counts in the alphabet of a model', async () => {
    const inputs = { chunkSize: 3, chunkOverlap: 1, encodingName: 'cl100k_base' }
    const chunks = await chunksOf('one two three four five', 'tokenTextSplitter', inputs)
    expect(texts(chunks)).toEqual(['one two three', ' three four five'])
  })

  it('of Markdown cuts at headings of a level alone, where it is drawn so', async () => {
    const text = 'Hello.\n\n# Hours\nNine to five.\n## On Sundays\nClosed.\n# Returns\n#No heading'
    const inputs = { chunkSize: 10, chunkOverlap: 0, splitByHeaders: 'h1' }
    expect(texts(await chunksOf(text, 'markdownTextSplitter', inputs))).toEqual([
      'Hello.',
      '# Hours\nNine to five.\n## On Sundays\nClosed.',
      '# Returns\n#No heading',
    ])
  })

  it('of Markdown keeps a heading with what stands under it', async () => {
    const text = '# Opening hours\n\nFrom nine to five.\n\n# Returns\n\nWithin thirty days.'
    const inputs = { chunkSize: 40, chunkOverlap: 0 }
    const chunks = await chunksOf(text, 'markdownTextSplitter', inputs)
    expect(texts(chunks)).toEqual([
      '# Opening hours\n\nFrom nine to five.',
      '# Returns\n\nWithin thirty days.',
    ])
  })

  it('of code cuts between functions', async () => {
    const text = 'def first():\n    return 1\n\ndef second():\n    return 2\n'
    const inputs = { chunkSize: 30, chunkOverlap: 0, language: 'python' }
    const chunks = await chunksOf(text, 'codeTextSplitter', inputs)
    expect(texts(chunks)).toEqual(['def first():\n    return 1', 'def second():\n    return 2'])
  })

  it('of HTML cuts what the page says, as Markdown', async () => {
    const page =
      '<html><head><title>T</title><script>x()</script></head><body>' +
      '<h1>Opening hours</h1><p>From <b>nine</b> to five.</p>' +
      '<h1>Returns</h1><ul><li>Socks</li></ul></body></html>'
    const inputs = { chunkSize: 45, chunkOverlap: 0 }
    const chunks = await chunksOf(page, 'htmlToMarkdownTextSplitter', inputs)
    expect(texts(chunks)).toEqual([
      '# Opening hours\n\nFrom **nine** to five.',
      '# Returns\n\n*   Socks',
    ])
  })

  it('refuses an overlap as large as its chunks', async () => {
    const splitter = { chunkSize: 20, chunkOverlap: 20 }
    const loader = { inputs: { txtFile: dataUri('Some text.') } }
    const flow = await app.addFlow({ flowData: qaFlow(embedder.baseUrl, { loader, splitter }) })
    const { status, body } = await upsert({ app }, flow.id)
    expect([status, body.message]).toEqual([
      422,
      'The overlap of a text splitter must be smaller than its chunks.',
    ])
  })
})
