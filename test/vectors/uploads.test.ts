import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docx, pdf, zip } from './files.ts'
import { qaFlow, startBoth, type Sourced, type UpsertAnswer } from './harness.ts'

let both: Awaited<ReturnType<typeof startBoth>>

beforeAll(async () => {
  both = await startBoth()
})
afterAll(() => both.close())

const anyFile = { name: 'fileLoader', inputs: {} }

/** A form as browsers and `flowise-sdk` send it. */
async function upload(
  id: string,
  files: readonly (readonly [name: string, content: string | Buffer])[],
  fields: Readonly<Record<string, string>> = {},
) {
  const { app } = both
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const [name, content] of files) {
    form.append('files', new Blob([new Uint8Array(Buffer.from(content))]), name)
  }
  const request = new Request(`http://flowgate.test/api/v1/vector/upsert/${id}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.owner.token}` },
    body: form,
  })
  const response = await app.app.fetch(request, { address: '192.0.2.1' })
  return { status: response.status, body: (await response.json()) as UpsertAnswer }
}

const folder: readonly (readonly [string, string | Buffer])[] = [
  ['hours.txt', 'The shop in Bergen opens at nine.'],
  ['returns.md', '# Returns\n\nSocks are returned within thirty days.'],
  ['ship.pdf', pdf(['Shipping takes four days.', 'Express takes one day.'])],
  ['care.docx', docx(['Wool is washed cold.', 'Silk is never wrung.'])],
  ['prices.csv', 'item,price\nsocks,79\nhats,199\n'],
  ['staff.json', '[{"name":"Ada","role":"tailor"}]'],
  ['news.jsonl', '{"day":"Monday","text":"Closed for stocktaking"}\n'],
  ['about.html', '<html><head><title>Us</title></head><body><p>Founded in 1931.</p></body></html>'],
]

describe('a folder of uploads', () => {
  it('gives chunks of every kind of file, each with its source', async () => {
    const { app, baseUrl } = both
    const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader: anyFile }) })
    const { status, body } = await upload(flow.id, folder)
    expect(status).toBe(200)
    const found = body.addedDocs.map(({ pageContent, metadata }) => [
      metadata['source'],
      pageContent,
    ])
    expect(found).toEqual([
      ['hours.txt', 'The shop in Bergen opens at nine.'],
      ['returns.md', '# Returns\n\nSocks are returned within thirty days.'],
      ['ship.pdf', 'Shipping takes four days.'],
      ['ship.pdf', 'Express takes one day.'],
      ['care.docx', 'Wool is washed cold.\n\nSilk is never wrung.'],
      ['prices.csv', 'item: socks\nprice: 79'],
      ['prices.csv', 'item: hats\nprice: 199'],
      ['staff.json', 'Ada'],
      ['staff.json', 'tailor'],
      ['news.jsonl', 'day: Monday\ntext: Closed for stocktaking'],
      ['about.html', 'Founded in 1931.'],
    ])
    expect(body.numAdded).toBe(found.length)
    const page = body.addedDocs[3]?.metadata
    expect(page).toMatchObject({ pdf: { totalPages: 2 }, loc: { pageNumber: 2 } })
    expect(body.addedDocs.at(-1)?.metadata).toMatchObject({ title: 'Us' })

    const answer = await app.rest<{ sourceDocuments: Sourced[] }>(
      'POST',
      `/prediction/${flow.id}`,
      { token: app.owner.token, body: { question: 'Express takes one day.' } },
    )
    expect(answer.status).toBe(502) // The fake provider was taught no answer to this.
    both.mock.onMessage(/./, { content: 'Said.' })
    const told = await app.rest<{ sourceDocuments: Sourced[] }>('POST', `/prediction/${flow.id}`, {
      token: app.owner.token,
      body: { question: 'Express takes one day.' },
    })
    expect(told.body.sourceDocuments).toEqual([body.addedDocs[3]])
  })

  it('replaces what a newer file of the same name no longer says', async () => {
    const { app, baseUrl } = both
    const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader: anyFile }) })
    const one = 'The first paragraph stays as it was before.'
    await upload(flow.id, [['a.txt', `${one}\n\nThe second one says that it is old.`]])
    const changed = await upload(flow.id, [
      ['a.txt', `${one}\n\nThe second one says that it is new.\n\nAnd a third one came along now.`],
    ])
    expect(changed.body).toMatchObject({ numAdded: 1, numUpdated: 1, numSkipped: 1, numDeleted: 0 })
    const cut = await upload(flow.id, [['a.txt', one]])
    expect(cut.body).toMatchObject({ numAdded: 0, numUpdated: 0, numSkipped: 1, numDeleted: 2 })
  })

  it('is kept in the history without its texts', async () => {
    const { app, baseUrl } = both
    const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader: anyFile }) })
    await upload(flow.id, [['hours.txt', 'The shop in Bergen opens at nine.']])
    const token = app.owner.token
    const answer = await app.rest<{ result: object }[]>('GET', `/upsert-history/${flow.id}`, {
      token,
    })
    expect(answer.body.map(({ result }) => result)).toEqual([
      {
        numAdded: 1,
        numUpdated: 0,
        numSkipped: 0,
        numDeleted: 0,
        store: 'this server',
        files: ['hours.txt'],
      },
    ])
    expect(answer.text).not.toContain('Bergen')
    expect(answer.text).not.toContain('sk-test-123456')
    const stranger = await app.addPerson()
    const theirs = await app.rest('GET', `/upsert-history/${flow.id}`, { token: stranger.token })
    expect(theirs.status).toBe(404)
  })
})

describe('a loader whose author has drawn a file into it', () => {
  const loader = { inputs: { txtFile: 'data:text/plain;base64,RHJhd24u' } }
  const file = ['new.txt', 'Sent by a caller.'] as const

  it('takes no uploads, unless the author lets callers set the file', async () => {
    const { app, baseUrl } = both
    const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader }) })
    const refused = await upload(flow.id, [file])
    expect(refused.status).toBe(403)
    const nodes = { textFile: [{ name: 'txtFile', enabled: true }] }
    const apiConfig = JSON.stringify({ overrideConfig: { status: true, nodes } })
    const { token } = app.owner
    await app.rest('PUT', `/chatflows/${flow.id}`, { token, body: { apiConfig } })
    const taken = await upload(flow.id, [file])
    expect(taken.body.addedDocs.map(({ pageContent }) => pageContent)).toEqual([
      'Sent by a caller.',
    ])
  })
})

describe('a form', () => {
  it('asks a prediction as JSON does', async () => {
    const { app } = both
    const flow = await app.addFlow()
    const form = new FormData()
    form.append('question', 'hi')
    form.append('overrideConfig', '{"sessionId":"s-1"}')
    const request = new Request(`http://flowgate.test/api/v1/prediction/${flow.id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.owner.token}` },
      body: form,
    })
    const response = await app.app.fetch(request, { address: '192.0.2.1' })
    expect(await response.json()).toMatchObject({ text: 'hi', sessionId: 's-1' })
  })
})

describe('a file that cannot be read', () => {
  const thick = pdf(Array.from({ length: 5001 }, () => 'x'))
  const tags = docx(Array.from({ length: 1_000_000 }, () => ''))
  const packed = Buffer.concat([
    pdf(['A page.']),
    Buffer.from('stream\n'),
    deflateSync(deflateSync(Buffer.alloc(65 * 1024 * 1024))),
  ])
  const bomb = zip({ 'word/document.xml': Buffer.alloc(210 * 1024 * 1024) }, 100)
  const cases: readonly (readonly [string, string | Buffer, number, RegExp])[] = [
    ['empty.txt', '', 400, /"empty\.txt" is empty/],
    ['blank.txt', ' \n\n ', 400, /"blank\.txt" is empty/],
    ['photo.txt', Buffer.from([137, 80, 78, 71, 0, 1, 2, 3]), 415, /"photo\.txt" is of no type/],
    ['torn.pdf', '%PDF-1.4 and nothing else', 422, /"torn\.pdf" is damaged/],
    ['locked.doc', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 422, /"locked\.doc" is encrypted/],
    ['plans.docx', zip({ 'a.txt': 'x' }), 415, /"plans\.docx" is a ZIP archive/],
    ['torn.docx', docx(['x']).subarray(0, 400), 415, /"torn\.docx" is a ZIP archive/],
    ['scan.pdf', pdf(['']), 422, /"scan\.pdf" holds no text/],
    ['bad.json', '{"a": ', 422, /"bad\.json" is damaged/],
    ['bomb.docx', bomb, 422, /"bomb\.docx" unpacks to more than 200 MiB/],
    ['tags.docx', tags, 422, /"tags\.docx" unpacks to more than 24 MiB/],
    ['thick.pdf', thick, 422, /"thick\.pdf" has more than 5000 pages/],
    ['bomb.pdf', packed, 422, /"bomb\.pdf" holds a stream that unpacks to more than 64 MiB/],
  ]

  it.each(cases)(
    '%s is refused by name, and nothing is written',
    async (...[name, content, status, message]) => {
      const { app, baseUrl } = both
      const flow = await app.addFlow({ flowData: qaFlow(baseUrl, { loader: anyFile }) })
      const good = ['good.txt', 'A file that could be read.'] as const
      const answer = await upload(flow.id, [good, [name, content]])
      expect(answer.body.message ?? answer.body.error).toMatch(message)
      expect(answer.status).toBe(status)
      const again = await upload(flow.id, [good])
      expect(again.body).toMatchObject({ numAdded: 1, numSkipped: 0 })
    },
  )
})
