import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { databaseKind, owner, ring } from './harness.ts'
import { createDatabase, dropDatabases } from './setup/postgres-databases.ts'

/** A service that flows call, and that answers when it is told to. */
const waiting: ServerResponse[] = []
const service = createServer((_request, response) => void waiting.push(response))
const release = () => {
  for (const response of waiting.splice(0)) response.end('{"said":"late"}')
}

let serviceUrl: string
beforeAll(async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`
})
afterAll(() => {
  service.closeAllConnections()
  service.close()
})

const secrets = { JWT_SECRETS: ring(), VAULT_KEYS: ring() }
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  release()
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

/** The database of one server, after another. */
async function makeHome(): Promise<Record<string, string>> {
  if (databaseKind === 'embedded') {
    const folder = mkdtempSync(join(tmpdir(), 'flowgate-test-'))
    cpSync(inject('template'), folder, { recursive: true })
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    return { DATA_DIR: folder }
  }
  const name = `${inject('prefix')}${randomBytes(4).toString('hex')}`
  cleanups.push(() => dropDatabases(inject('adminUrl'), name))
  return { DATABASE_URL: await createDatabase(inject('adminUrl'), name) }
}

interface Server {
  readonly process: ChildProcess
  readonly api: string
  readonly token: string
  /** How the process ends: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** The server as operators start it. */
async function start(home: Record<string, string>, timeout: string): Promise<Server> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['src/start.mjs'], {
    env: {
      PATH,
      HOME,
      PORT: '0',
      SHUTDOWN_TIMEOUT: timeout,
      EGRESS_ALLOW: '127.0.0.1',
      ADMIN_EMAIL: owner.email,
      ADMIN_PASSWORD: owner.password,
      ...secrets,
      ...home,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanups.push(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const url = await vi.waitUntil(() => /answers at (http\S+)/.exec(output)?.[1], 20_000)
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  const api = `${url}/api/v1`
  const login = { username: owner.email, password: owner.password }
  const { token } = (await (await post(`${api}/auth/login`, login)).json()) as { token: string }
  return { process: child, api, token, ended }
}

function post(url: string, body: object, token?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  })
}

/** A flow whose answer is as late as the service's; returns the path that runs it. */
async function addLateFlow({ api, token }: Server): Promise<string> {
  const node = (id: string, name: string, inputs: object) => ({
    id,
    type: 'agentFlow',
    data: { id, name, label: name, inputs, inputParams: [] },
  })
  const nodes = [
    node('start_0', 'startAgentflow', {}),
    node('http_0', 'httpAgentflow', { method: 'GET', url: serviceUrl }),
    node('reply_0', 'directReplyAgentflow', { directReplyMessage: 'done' }),
  ]
  const edges = [
    { source: 'start_0', target: 'http_0', sourceHandle: 'start_0-output-startAgentflow' },
    { source: 'http_0', target: 'reply_0', sourceHandle: 'http_0-output-httpAgentflow' },
  ]
  const flow = { name: 'Late', type: 'AGENTFLOW', flowData: { nodes, edges } }
  const { id } = (await (await post(`${api}/chatflows`, flow, token)).json()) as { id: string }
  return `${api}/prediction/${id}`
}

/** Runs under way, as many as asked for, each of them waiting for the service. */
async function run(server: Server, wanted: { plain: number; streams: number }) {
  const url = await addLateFlow(server)
  const ask = (streaming: boolean) => async () => {
    const answer = await post(url, { question: 'q', streaming }, server.token)
    return { status: answer.status, text: await answer.text() }
  }
  const plain = Promise.all(Array.from({ length: wanted.plain }, ask(false)))
  const streams = Promise.all(Array.from({ length: wanted.streams }, ask(true)))
  plain.catch(() => undefined)
  streams.catch(() => undefined)
  await vi.waitUntil(() => waiting.length === wanted.plain + wanted.streams, 15_000)
  return { plain, streams }
}

async function untilRefusing({ api }: Server): Promise<void> {
  await vi.waitFor(() => expect(fetch(`${api}/ping`)).rejects.toThrow('fetch failed'), 5000)
}

describe('threat 49: SIGTERM', () => {
  it('threat 49: lets everything under way finish, loses nothing, and exits with 0', async () => {
    const home = await makeHome()
    const server = await start(home, '20s')
    const { plain, streams } = await run(server, { plain: 10, streams: 5 })
    server.process.kill('SIGTERM')
    await untilRefusing(server)
    release()
    for (const { status, text } of await plain) {
      expect(status).toBe(200)
      expect(JSON.parse(text)).toMatchObject({ text: 'done' })
    }
    for (const { status, text } of await streams) {
      expect(status).toBe(200)
      expect(text).toContain('"event":"metadata"')
      expect(text).not.toContain('"event":"error"')
      expect(text).toMatch(/data:\{"event":"end","data":"\[DONE\]"\}\n\n$/)
    }
    expect(await server.ended).toBe(0)
    // The same database opens again, and every run is in it.
    const next = await start(home, '20s')
    const headers = { authorization: `Bearer ${next.token}` }
    const answer = await fetch(`${next.api}/executions?page=1&limit=50`, { headers })
    const { data } = (await answer.json()) as { data: { status: string }[] }
    expect(data.map(({ status }) => status)).toEqual(Array<string>(15).fill('FINISHED'))
    next.process.kill('SIGINT')
    expect(await next.ended).toBe(0)
  }, 60_000)

  it('threat 49: tells what does not end in time why, and exits with 0', async () => {
    const server = await start(await makeHome(), '1s')
    const { plain, streams } = await run(server, { plain: 3, streams: 3 })
    const begun = performance.now()
    server.process.kill('SIGTERM')
    for (const { text } of await streams) {
      expect(text).toContain('data:{"event":"error","data":"The server is stopping."}')
      expect(text).toMatch(/data:\{"event":"end","data":"\[DONE\]"\}\n\n$/)
    }
    for (const { status, text } of await plain) {
      expect(status).toBe(503)
      expect(JSON.parse(text)).toMatchObject({ code: 'UNAVAILABLE' })
    }
    expect(await server.ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(6000)
  }, 60_000)

  it('threat 49: a second signal, whichever, ends at once', async () => {
    const server = await start(await makeHome(), '20s')
    const { plain } = await run(server, { plain: 1, streams: 0 })
    server.process.kill('SIGTERM')
    await untilRefusing(server)
    server.process.kill('SIGINT')
    expect(await server.ended).toBe('SIGINT')
    await expect(plain).rejects.toThrow('fetch failed')
  }, 60_000)
})
