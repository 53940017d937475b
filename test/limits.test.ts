import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readConfig } from '../src/platform/config.ts'
import { listen, type Listening } from '../src/server/listen.ts'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp
let server: Listening
let port: number
beforeAll(async () => {
  app = await startApp()
  server = await listen(app.app, readConfig({ PORT: '0', SHUTDOWN_TIMEOUT: '1' }))
  port = Number(new URL(server.url).port)
})
afterAll(async () => {
  await server.close()
  await app.close()
})

interface Connection {
  readonly socket: Socket
  /** All that came back. */
  text(): string
  /** Whether the server ended it. */
  isOver(): boolean
}

function open(begin: string): Connection {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let isOver = false
  // Whoever waits for either of two ends leaves a listener at the other.
  socket.setMaxListeners(0)
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.on('close', () => (isOver = true))
  socket.write(begin)
  return { socket, text: () => text, isOver: () => isOver }
}

const head = (target: string, ...headers: string[]) =>
  [`POST ${target} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join(
    '\r\n',
  )

/** How long a small request takes, in milliseconds. */
async function ping(): Promise<number> {
  const start = performance.now()
  expect(await (await fetch(`${server.url}/api/v1/ping`)).text()).toBe('pong')
  return performance.now() - start
}

describe('threat 36: slow clients', () => {
  it('threat 36: many at once, in headers and in bodies, hold up nobody, and are let go', async () => {
    const declared = head('/api/v1/auth/login', 'Content-Length: 60000')
    const chunked = head('/api/v1/auth/login', 'Transfer-Encoding: chunked')
    const slow = Array.from({ length: 150 }, (_, n) =>
      [
        () => open('GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nX-Slow: '),
        () => open(`${declared}{`),
        () => open(`${chunked}1\r\n{\r\n`),
      ][n % 3]?.(),
    ).filter((one) => one !== undefined)
    const dripping = setInterval(() => {
      for (const { socket } of slow) if (!socket.destroyed) socket.write('a')
    }, 500)
    for (let n = 0; n < 5; n += 1) expect(await ping()).toBeLessThan(1000)
    // Those that never finish their headers go after ten seconds, however they drip.
    const inHeaders = slow.filter((_, n) => n % 3 === 0)
    await vi.waitUntil(() => inHeaders.every((one) => one.isOver()), { timeout: 16_000 })
    expect(inHeaders.every((one) => one.text().startsWith('HTTP/1.1 408 '))).toBe(true)
    clearInterval(dripping)
    for (const { socket } of slow) socket.destroy()
    expect(await ping()).toBeLessThan(1000)
  }, 40_000)

  it('threat 36: one that does not read its answer costs a bounded amount of memory', async () => {
    const { token } = app.owner
    const flowData = JSON.stringify({ nodes: [], edges: [], notes: 'x'.repeat(500_000) })
    for (let n = 0; n < 4; n += 1) await app.addFlow({ flowData })
    const ask = `GET /api/v1/chatflows HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const before = process.memoryUsage().rss
    const sockets = Array.from({ length: 10 }, () => {
      const socket = connect(port, '127.0.0.1')
      socket.pause()
      socket.on('error', () => undefined)
      // One after the other on one connection: the next is not begun before the last is read.
      socket.write(ask.repeat(50))
      return socket
    })
    const served = () => app.logs.filter((line) => line.includes('"/api/v1/chatflows"')).length
    const began = served()
    await vi.waitUntil(() => served() >= began + 10, { timeout: 10_000 })
    await wait(2000)
    await ping()
    // Some answers fit into the buffers of the system; all 500, of 2 MB each, would be a gigabyte.
    expect(served() - began).toBeLessThan(100)
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000)
    for (const socket of sockets) socket.destroy()
  }, 30_000)
})

describe('threat 35: bodies that do not end', () => {
  it('threat 35: refuses 60 MB, declared at once and streamed at the limit, and keeps nothing', async () => {
    const before = process.memoryUsage().rss
    const declared = open(head('/api/v1/chatflows', 'Content-Length: 60000000'))
    await vi.waitUntil(() => declared.text().includes('PAYLOAD_TOO_LARGE'), { timeout: 5000 })
    declared.socket.destroy()
    for (const target of ['/api/v1/chatflows', '/graphql', '/api/v1/auth/login']) {
      const streamed = open(head(target, 'Transfer-Encoding: chunked'))
      const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
      for (let n = 0; n < 920 && !streamed.isOver(); n += 1) {
        if (!streamed.socket.write(chunk)) {
          await new Promise((resolve) => {
            streamed.socket.once('drain', resolve).once('close', resolve)
          })
        }
      }
      await vi.waitUntil(() => streamed.text().includes('PAYLOAD_TOO_LARGE'), { timeout: 5000 })
      expect(streamed.text()).toMatch(/^HTTP\/1\.1 413 /)
      streamed.socket.destroy()
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000)
    await ping()
  }, 40_000)
})

describe('threat 31: operations that cost too much', () => {
  const lists = (count: number) =>
    Array.from({ length: count }, (_, n) => `a${n}: chatflows { id }`).join(' ')
  const nested = (count: number) =>
    Array.from({ length: count }, (_, n) => `k${n}: apiKeys { id chatFlows { id } }`).join(' ')

  it('threat 31: takes lists beside each other, and a list within a list', async () => {
    for (const query of [`{ ${lists(15)} }`, `{ ${nested(1)} }`]) {
      const { errors, status } = await app.gql(query, {}, { token: app.owner.token })
      expect([status, errors]).toEqual([200, []])
    }
  })

  it('threat 31: refuses lists that multiply, in fragments too, before anything runs', async () => {
    for (const query of [
      `{ ${nested(2)} }`,
      `{ ...A b: apiKeys { ...F } } fragment A on Query { apiKeys { ...F } }
      fragment F on ApiKey { chatFlows { id } }`,
      `{ ... on Query { ${nested(3)} } }`,
    ]) {
      const { code, data, errors } = await app.gql(query, {}, { token: app.owner.token })
      expect([code, data]).toEqual(['BAD_REQUEST', undefined])
      expect(errors[0]?.message).toBe('The operation asks for too many lists within lists.')
    }
  })

  it('threat 31: gives up on fragments that unfold without end', async () => {
    const doubling = Array.from({ length: 12 }, (_, n) => {
      const next = n === 11 ? 'id' : `...F${n + 1} ... on Chatflow { ...F${n + 1} }`
      return `fragment F${n} on Chatflow { ${next} }`
    })
    const start = performance.now()
    const query = `{ chatflows { ...F0 } } ${doubling.join(' ')}`
    await app.gql(query, {}, { token: app.owner.token })
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('threat 39: addresses that anybody can write', () => {
  it('threat 39: X-Forwarded-For opens no new limit, unless a proxy is trusted', async () => {
    const rule = { limit: 3, windowSeconds: 300 }
    const env = { RATE_LIMITS: JSON.stringify({ verifyPerAddress: rule }) }
    const direct = await startApp({ env })
    const guess = (one: TestApp, forwarded: string) =>
      one.rest('GET', '/verify/apikey/sk_wrong', { headers: { 'x-forwarded-for': forwarded } })
    const statuses: number[] = []
    for (let n = 0; n < 6; n += 1) statuses.push((await guess(direct, `203.0.113.${n}`)).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
    await direct.close()
    const behind = await startApp({ env: { ...env, TRUST_PROXY: '1' } })
    for (let n = 0; n < 6; n += 1) {
      expect((await guess(behind, `6.6.6.6, 203.0.113.${n}`)).status).toBe(401)
    }
    const same: number[] = []
    for (let n = 0; n < 6; n += 1)
      same.push((await guess(behind, `${n}.6.6.6, 203.0.113.99`)).status)
    expect(same).toEqual([401, 401, 401, 429, 429, 429])
    await behind.close()
  }, 40_000)
})
