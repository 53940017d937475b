import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEgress, type Egress, type EgressOptions } from '../../src/platform/egress/egress.ts'

let server: Server
let egress: Egress
let origin: string
let answer: (response: ServerResponse) => unknown
let socket: Socket | undefined

const open = (more: Partial<EgressOptions> = {}) =>
  createEgress({ allow: ['127.0.0.1', 'slow.example'], ...more })

beforeEach(async () => {
  server = createServer((request, response) => {
    socket = request.socket
    void answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  egress = open()
})

afterEach(async () => {
  await egress.close()
  server.close()
})

const hungUp = () => vi.waitUntil(() => socket?.destroyed)

test('an answer that no Response can be hangs up', async () => {
  answer = (response) => response.writeHead(999).write('first')
  await expect(egress.fetch(origin)).rejects.toThrow(/answered with the status 999/)
  expect(await hungUp()).toBe(true)
})

test.each(['HEAD', 'GET'])('a packed body that is empty is read: %s', async (method) => {
  answer = (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 0 }).end()
  expect(await (await egress.fetch(origin, { method })).text()).toBe('')
})

test('an abort while the name is looked up is told at once', async () => {
  const resolve = () => pause(2000, [{ address: '127.0.0.1', family: 4 }])
  const slow = open({ resolve, ports: [80, Number(new URL(origin).port)] })
  const began = performance.now()
  const url = origin.replace('127.0.0.1', 'slow.example')
  await expect(slow.fetch(url, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/)
  expect(performance.now() - began).toBeLessThan(1000)
  await slow.close()
})
