import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startProvider, type Drawn } from './engine/harness.ts'
import { call, script, type Reply } from './engine/script.ts'
import { agent, model, start } from './engine/team-parts.ts'
import { databaseKind, startApp, type Answer, type Key, type Row, type TestApp } from './harness.ts'

/** The step behind an approval; it answers when it is told to, if `isSlow`. */
const paid: ServerResponse[] = []
let isSlow = false
const bank = createServer((_request, response) => {
  paid.push(response)
  if (!isSlow) response.end('"paid"')
})

let provider: Awaited<ReturnType<typeof startProvider>>
let one: TestApp
let key: Key
let url: string

beforeAll(async () => {
  provider = await startProvider()
  await new Promise<void>((resolve) => {
    bank.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(bank.address() as AddressInfo).port}/`
  const hosts = [url, provider.baseUrl].map((address) => new URL(address).host)
  one = await startApp({ env: { EGRESS_ALLOW: hosts.join(',') } })
  key = await one.addKey()
})
afterAll(async () => {
  await one.close()
  await provider.stop()
  bank.close()
})
beforeEach(() => {
  paid.length = 0
  isSlow = false
})

const canvas = (nodes: readonly Drawn[], edges: readonly object[]) => ({
  nodes: nodes.map((data) => ({ id: data.id, data: { label: data.id, ...data } })),
  edges,
})

/** Asks a person, then pays. */
const payment = () =>
  canvas(
    [
      { id: 'start', name: 'startAgentflow', inputs: {} },
      { id: 'ask', name: 'humanInputAgentflow', inputs: { humanInputDescription: 'Pay?' } },
      { id: 'pay', name: 'httpAgentflow', inputs: { method: 'GET', url } },
    ],
    [
      { source: 'start', target: 'ask' },
      { source: 'ask', target: 'pay', sourceHandle: 'ask-output-0' },
    ],
  )

const session = (chatId: string) => ({ chatId, overrideConfig: { sessionId: 's' } })
const ask = (app: TestApp, id: string, body: object): Promise<Answer<Row>> =>
  app.rest('POST', `/prediction/${id}`, { token: key.apiKey, body })
const proceed = (app: TestApp, id: string, chatId: string) =>
  ask(app, id, { ...session(chatId), humanInput: { type: 'proceed' } })

/** A flow that stopped; returns its id. */
async function stopped(chatId = 'a'): Promise<string> {
  const { id } = await one.addFlow({ type: 'AGENTFLOW', flowData: payment() })
  const { body } = await ask(one, id, { question: 'q', ...session(chatId) })
  expect(body['action']).toBeTruthy()
  return id
}

/** Both at once: the first of them pays only when the other has been answered. */
async function proceedTwice(id: string, ...apps: readonly [TestApp, TestApp]) {
  isSlow = true
  const both = apps.map((app, at) => proceed(app, id, `chat ${at}`))
  const late = await Promise.race(both)
  await vi.waitUntil(() => paid.length > 0)
  for (const response of paid) response.end('"paid"')
  const first = (await Promise.all(both)).find((answer) => answer !== late)
  return { statuses: [late.status, first?.status], payments: paid.length }
}
const once = { statuses: [409, 200], payments: 1 }

/** Says until when the runs of a flow are claimed. */
async function claim(id: string, until: string): Promise<void> {
  const { database } = one.app.deps
  const { workspaceId } = one.owner
  const sql = `update execution set claimed_until = ${until} where chatflowid = ?`
  await database.rows(database.workspaceEm({ workspaceId }), sql, [id])
}

/** As if ten minutes had gone by. */
const tenMinutesAgo = `claimed_until - interval '10 minutes'`

describe('what a person agreed to', () => {
  it('is done once, though two chats of a session say so at once', async () => {
    expect(await proceedTwice(await stopped(), one, one)).toEqual(once)
  })

  it('is done once, though they say so again', async () => {
    const id = await stopped()
    expect((await proceed(one, id, 'a')).status).toBe(200)
    expect((await proceed(one, id, 'b')).status).toBe(409)
    expect(paid).toHaveLength(1)
  })

  it('stays done where a clock is behind, and its record is not the newest', async () => {
    const id = await stopped()
    one.clock.advance(-20)
    const done = await proceed(one, id, 'a')
    one.clock.advance(20)
    await claim(id, tenMinutesAgo)
    expect(done.status).toBe(200)
    expect((await proceed(one, id, 'a')).status).toBe(409)
    expect(paid).toHaveLength(1)
  })

  it('can be taken up after a server that died on the way, once its run must be over', async () => {
    const id = await stopped()
    await claim(id, `now() + interval '5 minutes'`)
    expect((await proceed(one, id, 'a')).status).toBe(409)
    await claim(id, tenMinutesAgo)
    expect((await proceed(one, id, 'a')).status).toBe(200)
    expect(paid).toHaveLength(1)
  })

  it('can be tried again where nothing came of it', async () => {
    const tools = ['{{get.data.instance}}']
    const get = { id: 'get', name: 'requestsGet', inputs: { requestsGetUrl: url } }
    const flowData = canvas(
      [
        { ...model(provider), credential: '' },
        get,
        start(),
        agent('a', { tools, interrupt: true }),
      ],
      [{ source: 'start', target: 'a' }],
    )
    const { id } = await one.addFlow({ type: 'MULTIAGENT', flowData })
    const says = (...replies: Reply[]) => script(provider, replies)
    says(call('requests_get'), 'Shall I?')
    const first = await ask(one, id, { question: 'q', ...session('a') })
    expect(first.body['action']).toBeTruthy()
    says()
    expect((await proceed(one, id, 'a')).status).toBe(502)
    says('Done.')
    const again = await proceed(one, id, 'b')
    expect([again.status, again.body['text']]).toEqual([200, 'Done.'])
    expect((await proceed(one, id, 'b')).status).toBe(409)
  })
})

describe.runIf(databaseKind === 'postgres')('what a person agreed to, on two instances', () => {
  let two: TestApp
  beforeAll(async () => {
    two = await startApp({ beside: one, env: { EGRESS_ALLOW: new URL(url).host } })
  })
  afterAll(() => two.close())

  it('is done by the one that did not stop', async () => {
    const id = await stopped()
    const answer = await proceed(two, id, 'a')
    expect([answer.status, paid.length]).toEqual([200, 1])
    expect((await proceed(one, id, 'a')).status).toBe(409)
  })

  it('is done by one of them', async () => {
    expect(await proceedTwice(await stopped(), one, two)).toEqual(once)
  })
})
