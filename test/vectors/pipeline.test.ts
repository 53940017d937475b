import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeLeftovers } from '../../src/vectors/leftovers.ts'
import { startApp, type TestApp } from '../harness.ts'
import { pdf } from './files.ts'
import { qaFlow, startEmbedder, type Drawn, type UpsertAnswer } from './harness.ts'

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
beforeEach(() => {
  Object.assign(embedder.state, { texts: 0, gate: Promise.resolve(), most: Infinity })
})

const lines = (count: number, word = 'line'): string =>
  Array.from({ length: count }, (_, at) => `This is ${word} number ${at + 1}.`).join('\n')

const loader: Partial<Drawn> = { name: 'fileLoader', inputs: {} }
const store: Partial<Drawn> = { name: 'pinecone' }

async function addFlow() {
  const flowData = qaFlow(embedder.baseUrl, { loader, store, splitter: { chunkSize: 40 } })
  return app.addFlow({ flowData })
}

async function send(
  id: string,
  files: Readonly<Record<string, string | Buffer>>,
  { fields = {}, signal }: { fields?: Readonly<Record<string, string>>; signal?: AbortSignal } = {},
): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const [name, content] of Object.entries(files))
    form.append('files', new Blob([new Uint8Array(Buffer.from(content))]), name)
  const request = new Request(`http://flowgate.test/api/v1/vector/upsert/${id}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.owner.token}` },
    body: form,
    ...(signal && { signal }),
  })
  return app.app.fetch(request, { address: '192.0.2.1' })
}

const answerOf = async (response: Promise<Response>): Promise<UpsertAnswer> =>
  (await (await response).json()) as UpsertAnswer

interface Row {
  readonly id: string
  readonly status: string
  readonly error: string | null
  readonly result: { readonly numAdded: number }
}

async function history(id: string): Promise<readonly Row[]> {
  return (
    await app.rest<readonly Row[]>('GET', `/upsert-history/${id}`, { token: app.owner.token })
  ).body
}

async function inTables(): Promise<Readonly<Record<string, number>>> {
  const { database } = app.app.deps
  const [row] = await database.rows<Record<string, number>>(
    database.workspaceEm({ workspaceId: app.owner.workspaceId }),
    `select (select count(*)::int from vector_chunk) as chunks,
       (select count(*)::int from vector_batch) as batches,
       (select count(*)::int from vector_space) as spaces`,
  )
  return row ?? {}
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 300) throw new Error('It never came to that.')
    await wait(20)
  }
}

describe('an upsert in many pieces', () => {
  it('adds every chunk once, and says what it added first', async () => {
    const flow = await addFlow()
    const answer = await answerOf(send(flow.id, { 'a.txt': lines(700) }))
    expect(answer).toMatchObject({ numAdded: 700, numSkipped: 0, store: 'this server' })
    expect(answer.addedDocs[699]).toEqual({
      pageContent: 'This is line number 700.',
      metadata: { source: 'a.txt', loc: { lines: { from: 700, to: 700 } } },
    })
    const again = await answerOf(send(flow.id, { 'a.txt': lines(710) }))
    expect(again).toMatchObject({ numAdded: 10, numSkipped: 700, numDeleted: 0 })
    expect(embedder.state.texts).toBe(710)
  })

  it('leaves nothing behind when it fails on the way', async () => {
    const flow = await addFlow()
    const before = await inTables()
    embedder.state.most = 300
    const answer = await answerOf(send(flow.id, { 'a.txt': lines(900) }))
    expect(answer).toMatchObject({ code: 'UPSTREAM' })
    expect(await inTables()).toEqual(before)
    const [row] = await history(flow.id)
    expect(row).toMatchObject({ status: 'ERROR', result: { numAdded: 0 } })
    expect(row?.error).toContain('enough')
  })

  it('keeps what was there when a newer one fails', async () => {
    const flow = await addFlow()
    await answerOf(send(flow.id, { 'a.txt': lines(250, 'old') }))
    const before = await inTables()
    embedder.state.most = 500
    await answerOf(send(flow.id, { 'a.txt': lines(800, 'new') }))
    expect(await inTables()).toEqual(before)
    const again = await answerOf(send(flow.id, { 'a.txt': lines(250, 'old') }))
    expect(again).toMatchObject({ numAdded: 0, numSkipped: 250 })
  })

  it('is not found before it is done, and a second one waits for it', async () => {
    const flow = await addFlow()
    const gate = Promise.withResolvers<void>()
    embedder.state.gate = gate.promise
    const first = answerOf(send(flow.id, { 'a.txt': lines(450) }))
    await until(async () => (await inTables())['batches'] === 1)
    const second = answerOf(send(flow.id, { 'b.txt': lines(3, 'other') }))
    await wait(100)
    expect((await history(flow.id)).map(({ status }) => status)).toEqual([
      'INPROGRESS',
      'INPROGRESS',
    ])
    expect((await inTables())['batches']).toBe(1)
    gate.resolve()
    expect(await first).toMatchObject({ numAdded: 450 })
    expect(await second).toMatchObject({ numAdded: 3 })
    expect((await inTables())['batches']).toBe(0)
  })
})

describe('a record manager', () => {
  it.each([
    ['none', { numAdded: 1, numDeleted: 0 }, 6],
    ['incremental', { numAdded: 0, numUpdated: 1, numDeleted: 1 }, 4],
    ['full', { numAdded: 0, numUpdated: 1, numDeleted: 1 }, 1],
  ])('with the cleanup %s', async (cleanup, counts, left) => {
    const flowData = qaFlow(embedder.baseUrl, {
      loader,
      splitter: { chunkSize: 40 },
      more: [
        {
          id: 'manager',
          name: 'postgresRecordManager',
          category: 'Record Manager',
          inputs: { cleanup },
        },
      ],
      store: { name: 'pinecone', inputs: { recordManager: '{{manager.data.instance}}' } },
    })
    const flow = await app.addFlow({ flowData })
    await answerOf(send(flow.id, { 'b.txt': lines(3) }))
    await answerOf(
      send(flow.id, { 'a.txt': 'This is what it said.\nThis is more of what it said.' }),
    )
    const again = await answerOf(send(flow.id, { 'a.txt': 'Now it says something else.' }))
    expect(again).toMatchObject(counts)
    const { database } = app.app.deps
    const kept = await database.rows(
      database.workspaceEm({ workspaceId: app.owner.workspaceId }),
      `select 1 from vector_chunk c join vector_space s on s.id = c.space_id
       where s.chatflowid = ?`,
      [flow.id],
    )
    expect(kept).toHaveLength(left)
  })
})

describe('an upsert that is given up', () => {
  it('is taken back when the client goes away', async () => {
    const flow = await addFlow()
    const before = await inTables()
    const gone = new AbortController()
    embedder.state.gate = new Promise(() => undefined)
    const sent = send(flow.id, { 'a.txt': lines(50) }, { signal: gone.signal })
    await until(async () => (await inTables())['batches'] === 1)
    gone.abort()
    await sent.catch(() => undefined)
    await until(async () => (await history(flow.id))[0]?.status !== 'INPROGRESS')
    expect(await inTables()).toEqual(before)
  })

  it('goes on without the client when asked to', async () => {
    const flow = await addFlow()
    const gone = new AbortController()
    const gate = Promise.withResolvers<void>()
    embedder.state.gate = gate.promise
    const how = { fields: { detached: 'true' }, signal: gone.signal }
    const sent = send(flow.id, { 'a.txt': lines(50) }, how)
    await until(async () => (await inTables())['batches'] === 1)
    gone.abort()
    gate.resolve()
    await sent.catch(() => undefined)
    await until(async () => (await history(flow.id))[0]?.status === 'FINISHED')
    expect((await history(flow.id))[0]?.result).toMatchObject({ numAdded: 50 })
  })

  it('is ended by its id, and by nobody of another workspace', async () => {
    const flow = await addFlow()
    embedder.state.gate = new Promise(() => undefined)
    const sent = answerOf(send(flow.id, { 'a.txt': lines(50) }))
    await until(async () => (await history(flow.id)).length === 1)
    const [row] = await history(flow.id)
    const path = `/vector/upsert/abort/${flow.id}/${row?.id}`
    const stranger = await app.addPerson()
    expect((await app.rest('PUT', path, { token: stranger.token })).status).toBe(404)
    expect((await app.rest('PUT', path, { token: app.owner.token })).body).toEqual({
      aborted: true,
    })
    expect(await sent).toMatchObject({ code: 'CONFLICT', message: 'The run was aborted.' })
    expect((await history(flow.id))[0]?.status).toBe('TERMINATED')
  })

  it('ends within a second while a thread reads its files, and others are read on', async () => {
    const [flow, other] = [await addFlow(), await addFlow()]
    const leaflet = { 'leaflet.pdf': pdf(['Only one page.']) }
    expect(await answerOf(send(other.id, leaflet))).toMatchObject({ numAdded: 1 })
    const before = await inTables()
    const book = pdf(Array.from({ length: 4000 }, (_, at) => `Page ${at} of a long book.`))
    const sent = answerOf(send(flow.id, { 'book.pdf': book }))
    await until(async () => (await inTables())['batches'] === 1)
    const [row] = await history(flow.id)
    const path = `/vector/upsert/abort/${flow.id}/${row?.id}`
    await app.rest('PUT', path, { token: app.owner.token })
    const aborted = performance.now()
    expect(await sent).toMatchObject({ code: 'CONFLICT', message: 'The run was aborted.' })
    expect(performance.now() - aborted).toBeLessThan(1000)
    expect(embedder.state.texts).toBe(1)
    expect(await inTables()).toEqual(before)
    expect(await answerOf(send(flow.id, leaflet))).toMatchObject({ numAdded: 1 })
  })

  it('by a server that stops is no failure of its own', async () => {
    const flow = await addFlow()
    embedder.state.gate = new Promise(() => undefined)
    const sent = answerOf(send(flow.id, { 'a.txt': lines(50) }))
    await until(async () => (await history(flow.id)).length === 1)
    app.app.deps.runs.interrupt()
    expect(await sent).toMatchObject({ code: 'UNAVAILABLE' })
    const [row] = await history(flow.id)
    expect(row).toMatchObject({ status: 'TERMINATED', error: 'The server is stopping.' })
  })

  it('by a server that stopped is swept away, and in nobody’s way', async () => {
    const flow = await addFlow()
    await answerOf(send(flow.id, { 'a.txt': lines(5) }))
    const before = await inTables()
    const { database } = app.app.deps
    await database.workspaceEm({ workspaceId: app.owner.workspaceId }).execute(
      `with space as (select id, workspace_id from vector_space where chatflowid = ?),
         batch as (insert into vector_batch (id, workspace_id, space_id, heartbeat)
           select gen_random_uuid(), workspace_id, id, now() - interval '1 hour' from space
           returning id, space_id, workspace_id)
       insert into vector_chunk (id, workspace_id, space_id, batch_id, hash, content, metadata,
           embedding, created_date)
         select gen_random_uuid(), workspace_id, space_id, id, 'lost', 'lost', '{}', '{1}', now()
         from batch`,
      [flow.id],
    )
    expect(await inTables()).toEqual({
      ...before,
      chunks: (before['chunks'] ?? 0) + 1,
      batches: 1,
    })
    await removeLeftovers(database, new Date(0))
    expect(await inTables()).toEqual(before)
    expect(await answerOf(send(flow.id, { 'b.txt': lines(1, 'next') }))).toMatchObject({
      numAdded: 1,
    })
  })
})

describe('an upsert that tells its progress', () => {
  it('does so as server-sent events', async () => {
    const flow = await addFlow()
    const response = await send(flow.id, { 'a.txt': lines(450) }, { fields: { streaming: 'true' } })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const told = (await response.text())
      .split('\n\n')
      .filter((frame) => frame.startsWith('data:'))
      .map((frame) => JSON.parse(frame.slice(5)) as { event: string; data: unknown })
    const [row] = await history(flow.id)
    expect(told[0]).toEqual({ event: 'upsertStarted', data: { upsertId: row?.id } })
    const progress = told.filter(({ event }) => event === 'upsertProgress')
    expect(progress.map(({ data }) => (data as { added: number }).added)).toEqual([200, 400, 450])
    expect(told.at(-2)).toMatchObject({ event: 'result', data: { numAdded: 450 } })
    expect(told.at(-1)).toEqual({ event: 'end', data: '[DONE]' })
  })

  it('and as a GraphQL subscription, whose files come in a form', async () => {
    const flow = await addFlow()
    const form = new FormData()
    const query =
      'subscription ($id: String!, $files: [JSON!]) { vectorUpsert(id: $id, files: $files) { event data } }'
    const variables = { id: flow.id, files: [null] }
    form.append('operations', JSON.stringify({ query, variables }))
    form.append('map', '{"0":["variables.files.0"]}')
    form.append('0', new Blob([lines(3)]), 'a.txt')
    const request = (headers: Readonly<Record<string, string>>) =>
      app.app.fetch(
        new Request('http://flowgate.test/graphql', {
          method: 'POST',
          headers: {
            authorization: `Bearer ${app.owner.token}`,
            accept: 'text/event-stream',
            ...headers,
          },
          body: form,
        }),
        { address: '192.0.2.1' },
      )
    // Threat 33: a page of another origin could send the form, but not the header.
    expect((await request({})).status).toBe(415)
    const response = await request({ 'x-graphql-yoga-csrf': '1' })
    const text = await response.text()
    expect(text).toContain('"event":"upsertStarted"')
    expect(text).toContain('"numAdded":3')
  })

  it('refuses what cannot begin as any request does', async () => {
    const flow = await app.addFlow({
      flowData: { nodes: [], edges: [] },
      apiConfig: '{"vectorUpsert":{"status":false}}',
    })
    const response = await send(flow.id, {}, { fields: { streaming: 'true' } })
    expect(response.status).toBe(403)
  })
})
