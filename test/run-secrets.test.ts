import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'

/** A service that tells everybody what it was sent. */
const echo = createServer(({ headers, url }, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ headers, url }))
})
const secrets = {
  token: 'b3arer-of-the-credential',
  password: 'p4ssword-of-the-credential',
  header: 'h3ader-that-was-drawn',
  query: 'qu3ry-that-was-drawn',
}

let app: TestApp
let url: string

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    echo.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(echo.address() as AddressInfo).port}`
  url = `http://${host}/`
  app = await startApp({ env: { EGRESS_ALLOW: host } })
})
afterAll(async () => {
  await app.close()
  echo.close()
})

async function credential(credentialName: string, plainDataObj: object): Promise<string> {
  const body = { name: 'C', credentialName, plainDataObj }
  const made = await app.rest('POST', '/credentials', { token: app.owner.token, body })
  return made.body.id
}

const node = (id: string, name: string, facts: { inputs: object; credential?: string }) => ({
  id,
  data: { id, name, label: id, ...facts },
})

/** Calls the service with every sort of secret, and answers with what it said. */
async function addFlow(): Promise<string> {
  const inputs = { method: 'GET', url: `${url}?api_key=${secrets.query}` }
  const headers = [{ key: 'X-Access', value: secrets.header }]
  const bearer = await credential('httpBearerToken', { token: secrets.token })
  const basic = await credential('httpBasicAuth', {
    basicAuthUsername: 'zaphod',
    basicAuthPassword: secrets.password,
  })
  const directReplyMessage = 'zaphod: {{ one }} {{ two }}'
  const ids = ['start', 'one', 'two', 'end']
  const flowData = {
    nodes: [
      node('start', 'startAgentflow', { inputs: {} }),
      node('one', 'httpAgentflow', { inputs: { ...inputs, headers }, credential: bearer }),
      node('two', 'httpAgentflow', { inputs: { method: 'GET', url }, credential: basic }),
      node('end', 'directReplyAgentflow', { inputs: { directReplyMessage } }),
    ],
    edges: ids.slice(1).map((target, at) => ({ source: ids[at], target })),
  }
  const { id } = await app.addFlow({ type: 'AGENTFLOW', isPublic: true, flowData })
  return id
}

function expectNone(told: string): void {
  expect(told).toContain('[redacted]')
  // What gives nobody access stays.
  expect(told).toContain('application/json')
  expect(told).toContain('zaphod')
  const basic = Buffer.from(`zaphod:${secrets.password}`).toString('base64')
  for (const secret of [...Object.values(secrets), basic]) expect(told).not.toContain(secret)
}

it.for([false, true])('no secret is answered nor kept, streaming %s', async (streaming) => {
  const id = await addFlow()
  const { token } = app.owner
  const body = { question: 'q', streaming }
  const answer = await app.rest('POST', `/prediction/${id}`, { token, body })
  expect(answer.status).toBe(200)
  expectNone(answer.text)
  const records = await app.rest('GET', `/executions?chatflowid=${id}`, { token })
  expectNone(records.text)
  const { text: messages } = await app.rest('GET', `/chatmessage/${id}`, { token })
  for (const secret of Object.values(secrets)) expect(messages).not.toContain(secret)
  expect(messages).toContain('[redacted]')
})
