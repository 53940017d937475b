import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startApp, type TestApp } from '../harness.ts'
import { qaFlow, startEmbedder, type UpsertAnswer } from './harness.ts'

let app: TestApp
let embedder: Awaited<ReturnType<typeof startEmbedder>>

/** Other tests at the same time have files waiting too. */
const ownTmp = mkdtempSync(join(tmpdir(), 'flowgate-forms-'))

beforeAll(async () => {
  vi.stubEnv('TMPDIR', ownTmp)
  embedder = await startEmbedder()
  const env = { EGRESS_ALLOW: embedder.host, BODY_LIMIT: '1mb', UPLOAD_LIMIT: '12mb' }
  app = await startApp({ env })
})
afterAll(async () => {
  await app.close()
  embedder.stop()
  vi.unstubAllEnvs()
  rmSync(ownTmp, { recursive: true, force: true })
})

const spooled = (): string[] =>
  readdirSync(ownTmp)
    .filter((name) => name.startsWith('flowgate-spool-'))
    .flatMap((name) => readdirSync(join(ownTmp, name)))

async function post(
  path: string,
  body: FormData | string,
  headers: Readonly<Record<string, string>> = {},
) {
  // As bytes: the stream that undici makes of a form breaks when it is not read to its end.
  const encoded = new Response(body)
  const type = encoded.headers.get('content-type') ?? ''
  const request = new Request(`http://flowgate.test/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: new Uint8Array(await encoded.arrayBuffer()),
  })
  const response = await app.app.fetch(request, { address: '192.0.2.1' })
  return { status: response.status, body: (await response.json()) as UpsertAnswer }
}

const form = (content: string, name = 'a.txt'): FormData => {
  const made = new FormData()
  made.append('files', new Blob([content]), name)
  return made
}

const words = Array.from({ length: 300_000 }, (_, at) => `word${at}`).join(' ')

const flowOf = (changes: Parameters<typeof qaFlow>[1] = {}) =>
  app.addFlow({
    flowData: qaFlow(embedder.baseUrl, {
      loader: { name: 'fileLoader', inputs: {} },
      store: { name: 'pinecone' },
      ...changes,
    }),
  })

const bearer = () => ({ authorization: `Bearer ${app.owner.token}` })

describe('a form with files', () => {
  it('may be larger than a JSON body, for a known caller', async () => {
    const { id } = await flowOf({ splitter: { chunkSize: 20_000 } })
    const answer = await post(`/vector/upsert/${id}`, form(words), bearer())
    expect(answer.status).toBe(200)
    expect(answer.body.numAdded).toBeGreaterThan(100)
    const strange = await post(`/vector/upsert/${id}`, form(words))
    expect(strange).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } })
    const larger = await post(`/vector/upsert/${id}`, form('x'.repeat(13_000_000)), bearer())
    expect(larger).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } })
  })

  it('leaves nothing on the disk, however it ends', async () => {
    const { id } = await flowOf()
    await post(`/vector/upsert/${id}`, form('Some words.'), bearer())
    await post(`/vector/upsert/${id}`, form('Some words.'), { authorization: 'Bearer wrong' })
    await post(`/vector/upsert/${app.owner.userId}`, form('Some words.'), bearer())
    await post(`/vector/upsert/${id}`, form('x'.repeat(13_000_000)), bearer())
    expect(spooled()).toEqual([])
  })

  it.each([
    ['no boundary', 'multipart/form-data', 'x'],
    [
      'no end',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1',
    ],
    [
      'a field twice',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    ],
    [
      'half a file',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\nSome wo',
    ],
  ])('with %s is refused', async (_what, type, body) => {
    const { id } = await flowOf()
    const answer = await post(`/vector/upsert/${id}`, body, { ...bearer(), 'content-type': type })
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    expect(spooled()).toEqual([])
  })

  it('takes no reference that it did not bring itself', async () => {
    const { id } = await flowOf()
    const files = [
      { name: 'passwd', mime: 'text/plain', data: 'upload:00000000-0000-0000-0000-000000000000' },
      { name: 'passwd', mime: 'text/plain', data: { path: '/etc/passwd', size: 10 } },
    ]
    for (const file of files) {
      const body = JSON.stringify({ files: [file] })
      const headers = { ...bearer(), 'content-type': 'application/json' }
      const answer = await post(`/vector/upsert/${id}`, body, headers)
      expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    }
  })
})

describe('a large file', () => {
  const rows = 6000
  const padding = 'and a few words more to make it long'.repeat(20)

  it.each([
    {
      name: 'big.txt',
      line: (at: number) => `Line ${at} ${padding}\n`,
      metadata: { loc: { lines: { from: rows - 1, to: rows } } },
    },
    {
      name: 'big.csv',
      line: (at: number) => `${at},${padding}\n`,
      // The first row names the columns.
      metadata: { line: rows - 1 },
    },
    {
      name: 'big.jsonl',
      line: (at: number) => `{"at":${at},"text":"${padding}"}\n`,
      metadata: { line: rows },
    },
  ])('such as $name is read piece by piece, and knows its lines', async (file) => {
    const { name, line, metadata } = file
    const { id } = await flowOf({ splitter: { chunkSize: 2000 } })
    const content = Array.from({ length: rows }, (_, at) => line(at + 1)).join('')
    expect(content.length).toBeGreaterThan(4_300_000)
    const answer = await post(`/vector/upsert/${id}`, form(content, name), bearer())
    expect(answer.status).toBe(200)
    const { database } = app.app.deps
    const [last] = await database.rows<{ content: string; metadata: object }>(
      database.workspaceEm({ workspaceId: app.owner.workspaceId }),
      `select content, metadata from vector_chunk c join vector_space s on s.id = c.space_id
       where s.chatflowid = ? order by c.id desc limit 1`,
      [id],
    )
    expect(last?.metadata).toMatchObject({ source: name, ...metadata })
    expect(last?.content).toContain(String(rows))
  })
})
