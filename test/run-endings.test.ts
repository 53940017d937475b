import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startApp, type TestApp } from './harness.ts'

/** A service that never answers. */
let asked = 0
const silent = createServer(() => {
  asked += 1
})

let app: TestApp
let id: string
let waiting: object

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`
  app = await startApp({ env: { EGRESS_ALLOW: host } })
  const node = (name: string, inputs: object) => ({ id: name, data: { id: name, name, inputs } })
  const flowData = {
    nodes: [
      node('startAgentflow', {}),
      node('httpAgentflow', { method: 'GET', url: `http://${host}/` }),
    ],
    edges: [{ source: 'startAgentflow', target: 'httpAgentflow' }],
  }
  waiting = flowData
  id = (await app.addFlow({ type: 'AGENTFLOW', flowData })).id
})
afterAll(async () => {
  await app.close()
  silent.closeAllConnections()
  silent.close()
})

const ask = (body: object, token = app.owner.token) =>
  app.call('POST', `/api/v1/prediction/${id}`, { token, body })

/** A run that waits for the service. */
async function begin(body: object, token?: string) {
  asked = 0
  const answer = ask(body, token)
  await vi.waitUntil(() => asked > 0, 10_000)
  return { answer }
}

interface Run {
  readonly status: string
  readonly error: string | null
}

async function newest(): Promise<Run | undefined> {
  const { token } = app.owner
  const runs = await app.rest<{ data: readonly Run[] }>('GET', '/executions?limit=1&page=1', {
    token,
  })
  return runs.body.data[0]
}

it('a run is terminated by whoever aborts it', async () => {
  const { answer } = await begin({ question: 'q', chatId: 'c' })
  await app.rest('PUT', `/chatmessage/abort/${id}/c`, { token: app.owner.token })
  expect((await answer).status).toBe(409)
  expect(await newest()).toMatchObject({ status: 'TERMINATED', error: 'The run was aborted.' })
})

it('a run is terminated by a server that stops', async () => {
  const { answer } = await begin({ question: 'q' })
  app.app.deps.runs.interrupt()
  expect((await answer).status).toBe(503)
  expect(await newest()).toMatchObject({ status: 'TERMINATED', error: 'The server is stopping.' })
})

it('a run is terminated by the end of its caller’s rights', async () => {
  const key = await app.addKey()
  const { answer } = await begin({ question: 'q', streaming: true }, key.apiKey)
  await app.rest('DELETE', `/apikey/${key.id}`, { token: app.owner.token })
  const error = 'Your rights ended while the flow ran.'
  expect((await answer).text).toContain(error)
  expect(await newest()).toMatchObject({ status: 'TERMINATED', error })
})

it('a run whose flow is removed meanwhile ends without a record, and without a word in the log', async () => {
  const { token } = app.owner
  const copy = await app.addFlow({ type: 'AGENTFLOW', flowData: waiting })
  asked = 0
  const body = { question: 'q', chatId: 'gone' }
  const answer = app.call('POST', `/api/v1/prediction/${copy.id}`, { token, body })
  await vi.waitUntil(() => asked > 0, 10_000)
  await app.rest('DELETE', `/chatflows/${copy.id}`, { token })
  app.app.deps.runs.interrupt()
  expect((await answer).status).toBe(503)
  expect(app.logs.join('')).not.toContain('a run was not recorded')
})

it('a decision where nothing stopped is an error of its own', async () => {
  expect((await ask({ chatId: 'new', humanInput: { type: 'proceed' } })).status).toBe(409)
  const error = 'There is no stopped run in this session to go on with.'
  expect(await newest()).toMatchObject({ status: 'ERROR', error })
})

it('an error is kept whatever is in it', async () => {
  const node = (name: string, inputs: object) => ({ id: name, data: { id: name, name, inputs } })
  const throwing = `throw new Error('a' + String.fromCharCode(0) + 'b')`
  const flowData = {
    nodes: [
      node('startAgentflow', {}),
      node('customFunctionAgentflow', { customFunctionJavascriptFunction: throwing }),
    ],
    edges: [{ source: 'startAgentflow', target: 'customFunctionAgentflow' }],
  }
  const flow = await app.addFlow({ type: 'AGENTFLOW', flowData })
  const { token } = app.owner
  const body = { question: 'q' }
  const answer = await app.call('POST', `/api/v1/prediction/${flow.id}`, { token, body })
  expect(answer.status).toBe(422)
  expect(await newest()).toMatchObject({ status: 'ERROR', error: expect.stringContaining('ab') })
})
