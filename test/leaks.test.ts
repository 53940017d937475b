import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CallOptions } from './client.ts'
import { startApp, type Key, type TestApp } from './harness.ts'
import { collectGarbage } from './streams/alive.ts'

let app: TestApp
let key: Key
/** Ways to call the server, of every kind. */
let calls: readonly (() => Promise<{ readonly status: number }>)[]

/** Never seen before, and large: what is left of a call would show. */
const weight = () => randomBytes(8000).toString('hex')
const unknownKey = () => `sk_${randomBytes(24).toString('hex')}`

beforeAll(async () => {
  app = await startApp()
  key = await app.addKey()
  const { token } = app.owner
  const { id } = await app.addFlow({ flowData: replies })
  const call = (method: string, path: string, options: CallOptions = {}) =>
    app.rest(method, path, { ...options, headers: { 'x-weight': weight() } })
  const ask = (fields: object) =>
    call('POST', `/prediction/${id}`, {
      token: key.apiKey,
      body: { question: weight(), ...fields },
    })
  calls = [
    () => call('GET', '/chatflows', { token }),
    () => call('PUT', `/chatflows/${id}`, { token, body: { name: unknownKey() } }),
    () => app.gql(`{ chatflows { id name } me { email } } # ${weight().repeat(5)}`, {}, { token }),
    () => call('GET', `/verify/apikey/${key.apiKey}`),
    () => ask({}),
    () => ask({ streaming: true }),
    // What is refused.
    () => ask({ question: { no: 'text' } }),
    () => call('GET', '/chatflows', { token: unknownKey() }),
    () => call('GET', `/verify/apikey/${unknownKey()}`),
    () => call('GET', `/${randomBytes(8).toString('hex')}`),
  ]
})
afterAll(() => app.close())

const replies = {
  nodes: ['startAgentflow', 'directReplyAgentflow'].map((name) => ({
    id: `${name}_0`,
    type: 'agentFlow',
    data: { id: `${name}_0`, name, label: name, inputs: { directReplyMessage: 'Hello.' } },
  })),
  edges: [{ source: 'startAgentflow_0', target: 'directReplyAgentflow_0' }],
}

async function callAll(rounds: number): Promise<void> {
  const statuses = new Set<number>()
  for (let round = 0; round < rounds; round += 1) {
    const answers = await Promise.all(calls.map((call) => call()))
    for (const { status } of answers) statuses.add(status)
  }
  // On a busy machine the database may let somebody wait too long.
  statuses.delete(503)
  expect(statuses).toEqual(new Set([200, 400, 401, 404]))
}

/** Bytes in use once what nothing refers to is gone. */
function heap(): number {
  // The harness keeps what was logged.
  ;(app.logs as string[]).length = 0
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('threat 52: requests of every kind leave nothing behind', async () => {
  // What is kept at hand is at hand then, and what is compiled is compiled.
  await callAll(40)
  const before = heap()
  await callAll(100)
  // A tenth would be much for a thousand: this is 3 kB for each, and each weighs 16 kB.
  expect(heap()).toBeLessThan(before * 1.05)
}, 120_000)
