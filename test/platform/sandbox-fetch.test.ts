import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'

const bytes = Uint8Array.from([0, 1, 127, 128, 255])
const cut: string[] = []

async function respond(request: IncomingMessage): Promise<[number, string, string | Uint8Array]> {
  const { method, url = '', headers } = request
  const body = await text(request)
  if (url === '/bytes') return [200, 'application/octet-stream', bytes]
  if (url === '/large') return [200, 'text/plain', 'x'.repeat(17 * 1024 * 1024)]
  if (url === '/missing') return [404, 'application/json', '{"why":"gone"}']
  const seen = { method, url, type: headers['content-type'], auth: headers.authorization, body }
  return [200, 'application/json', JSON.stringify(seen)]
}

const server = createServer((request, response) => {
  if (request.url?.startsWith('/slow')) {
    response.on('close', () => cut.push(request.url ?? ''))
    return
  }
  void respond(request).then(([status, type, body]) =>
    response.writeHead(status, { 'content-type': type, 'x-two': ['a', 'b'] }).end(body),
  )
})
const called: string[] = []
const sandbox = createSandbox({
  fetch: async (input, init) => {
    const url = typeof input === 'string' ? input : ''
    called.push(url)
    if (url.includes('internal')) throw new Failure('UPSTREAM', 'internal is refused.')
    if (url.includes('bug')) throw new Error('secret of the server')
    return fetch(input, init)
  },
})
let base = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await sandbox.close()
  server.closeAllConnections()
  server.close()
})

/** Code that returns the error a request ends in. */
function tell(url: string): string {
  return `try { await fetch('${url}') } catch (e) { return e.name + ': ' + e.message }`
}

async function run(code: string): Promise<unknown> {
  const { value } = await sandbox.run({ code, variables: { $base: base } })
  return value
}

describe('fetch', () => {
  test('a response has what tools read of it', async () => {
    const code = `const r = await fetch($base + '/missing')
      return [r.ok, r.status, r.statusText, r.headers.get('Content-Type'), [...r.headers.keys()].includes('x-two'),
        await r.json(), await r.text(), r.url === $base + '/missing']`
    const type = 'application/json'
    const all = [false, 404, 'Not Found', type, true, { why: 'gone' }, '{"why":"gone"}', true]
    expect(await run(code)).toEqual(all)
  })

  test('method, headers and body arrive; also several at once, by URL and with bytes', async () => {
    const code = `const [a, b, c] = await Promise.all([
        fetch(new URL('/a?x=1', $base), { method: 'post', body: '{"k":"é"}', headers: { 'Content-Type': 'application/json', authorization: 'Bearer t' } }),
        require('node-fetch')($base + '/b', { method: 'PUT', body: new URLSearchParams({ q: 'a b' }), headers: new Headers([['X', 'y']]) }),
        fetch($base + '/bytes'),
      ])
      return [await a.json(), await b.json(), Buffer.from(await c.arrayBuffer()).toString('hex')]`
    expect(await run(code)).toEqual([
      {
        method: 'POST',
        url: '/a?x=1',
        type: 'application/json',
        auth: 'Bearer t',
        body: '{"k":"é"}',
      },
      {
        method: 'PUT',
        url: '/b',
        type: 'application/x-www-form-urlencoded;charset=UTF-8',
        body: 'q=a+b',
      },
      '00017f80ff',
    ])
    const echoed = `const r = await fetch($base, { method: 'POST', body: Buffer.from('w6k=', 'base64') })
      return (await r.json()).body`
    expect(await run(echoed)).toBe('é')
  })

  test('a refusal can be caught and says why, but nothing of the server', async () => {
    expect(await run(tell('http://internal/'))).toBe('TypeError: internal is refused.')
    expect(await run(tell('http://bug/'))).toBe('TypeError: The request failed.')
    expect(await run(tell(`${base}/large`))).toMatch(/larger than 16777216 bytes/)
    await expect(run('await fetch("http://internal/")')).rejects.toMatchObject({
      code: 'UNPROCESSABLE',
      message: expect.stringMatching(/internal is refused/),
    })
  })

  test('all requests go through the given fetch, at most 20 of a run', async () => {
    called.length = 0
    const code = `let sent = 0
      try { for (;;) { await fetch($base); sent += 1 } } catch (e) { return [sent, e.message] }`
    expect(await run(code)).toEqual([20, 'A run makes at most 20 requests.'])
    expect(called).toHaveLength(20)
  })

  test('an AbortSignal ends the wait inside', async () => {
    const code = `const controller = new AbortController()
      setTimeout(() => controller.abort(), 10)
      const names = []
      for (const signal of [controller.signal, AbortSignal.timeout(10)]) {
        await fetch($base + '/slow', { signal }).catch((error) => names.push(error.name))
      }
      return names`
    expect(await run(code)).toEqual(['AbortError', 'TimeoutError'])
  })

  test('the end of a run, by its limit or its signal, ends its requests', async () => {
    const code = 'await fetch($base + "/slow" + $id)'
    const late = sandbox.run({ code, variables: { $base: base, $id: 1 }, limitMs: 200 })
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect.poll(() => cut).toContain('/slow1')
    const signal = AbortSignal.timeout(200)
    const cutShort = sandbox.run({ code, variables: { $base: base, $id: 2 }, signal })
    await expect(cutShort).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect.poll(() => cut).toContain('/slow2')
    // An answer that comes too late finds nobody, and the next run does not see it.
    expect(await run('return 1')).toBe(1)
  })
})

describe('axios', () => {
  test('get, post, put, delete and request, with params, data, auth and base URL', async () => {
    const code = `const axios = require('axios')
      const api = axios.create({ baseURL: $base + '/v1/', headers: { authorization: 'Bearer t' } })
      const all = await Promise.all([
        axios.get($base + '/g?a=1', { params: { b: 'c d', none: undefined, list: [1, 2] } }),
        axios.post($base + '/p', { k: 1 }, { auth: { username: 'u', password: 'p' } }),
        axios.put($base + '/u', new URLSearchParams({ a: 1 })),
        api.delete('/d'),
        axios({ url: $base + '/c', method: 'patch', data: 'raw', headers: { 'Content-Type': 'text/plain' } }),
        axios.request({ url: $base + '/r' }),
      ])
      return all.map(({ data, status }) => [status, data.method, data.url, data.type, data.auth, data.body])`
    expect(await run(code)).toEqual([
      [200, 'GET', '/g?a=1&b=c+d&list%5B%5D=1&list%5B%5D=2', null, null, ''],
      [200, 'POST', '/p', 'application/json', 'Basic dTpw', '{"k":1}'],
      [200, 'PUT', '/u', 'application/x-www-form-urlencoded;charset=UTF-8', null, 'a=1'],
      [200, 'DELETE', '/v1/d', null, 'Bearer t', ''],
      [200, 'PATCH', '/c', 'text/plain', null, 'raw'],
      [200, 'GET', '/r', null, null, ''],
    ])
  })

  test('a bad status and a timeout are errors in its manner', async () => {
    const code = `const axios = require('axios').default
      const told = async (call) => call.catch((e) => [axios.isAxiosError(e), e.code, e.message, e.response?.data])
      const fine = await axios.get($base + '/missing', { validateStatus: () => true })
      return [await told(axios.get($base + '/missing')), await told(axios.get($base + '/slow', { timeout: 20 })),
        await told(axios.get('http://internal/')), fine.status, fine.headers['content-type']]`
    expect(await run(code)).toEqual([
      [true, 'ERR_BAD_REQUEST', 'Request failed with status code 404', { why: 'gone' }],
      [true, 'ECONNABORTED', 'timeout of 20ms exceeded', null],
      [true, 'ERR_NETWORK', 'internal is refused.', null],
      404,
      'application/json',
    ])
    await expect(run('await require("axios").get($base + "/missing")')).rejects.toMatchObject({
      message: expect.stringMatching(/^AxiosError: Request failed with status code 404/),
    })
  })
})

describe('the threads', () => {
  const wait = 'await new Promise((resolve) => setTimeout(resolve, 200)); return "done"'

  test('runs wait in line, beyond it 503, and an abort leaves the line', async () => {
    const box = createSandbox({ fetch, threads: 1, maxQueue: 4 })
    const controller = new AbortController()
    const first = box.run({ code: wait, variables: {} })
    const second = box.run({ code: wait, variables: {}, signal: controller.signal })
    const third = box.run({ code: wait, variables: {} })
    await expect(box.run({ code: wait, variables: {} })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfter: 1 },
    })
    controller.abort()
    await expect(second).rejects.toBe(controller.signal.reason)
    expect(await Promise.all([first, third])).toMatchObject([{ value: 'done' }, { value: 'done' }])
    await box.close()
  })

  test('a workspace leaves the last thread, and room in the line, to others', async () => {
    const box = createSandbox({ fetch, threads: 2, maxQueue: 4 })
    const controller = new AbortController()
    const loop = { code: 'for (;;);', variables: {}, signal: controller.signal }
    const loops = [1, 2, 3].map(() => box.run({ ...loop, workspaceId: 'b' }))
    const ends = Promise.allSettled(loops)
    await expect(box.run({ ...loop, workspaceId: 'b' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Too much custom code runs at once; please try again.',
    })
    const begun = performance.now()
    const mine = [1, 2].map(() => box.run({ code: 'return 1', variables: {}, workspaceId: 'a' }))
    expect(await Promise.all(mine)).toMatchObject([{ value: 1 }, { value: 1 }])
    expect(performance.now() - begun).toBeLessThan(5000)
    controller.abort()
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await box.close()
  })

  test('an abort stops even a loop, at once, and the next run has a thread', async () => {
    const controller = new AbortController()
    const run = sandbox.run({ code: 'for (;;);', variables: {}, signal: controller.signal })
    await sleep(300)
    const begun = performance.now()
    controller.abort()
    await expect(run).rejects.toBe(controller.signal.reason)
    expect(performance.now() - begun).toBeLessThan(50)
    const aborted = { code: 'return 1', variables: {}, signal: controller.signal }
    await expect(sandbox.run(aborted)).rejects.toBe(controller.signal.reason)
    const all = Array.from({ length: 4 }, () => sandbox.run({ code: 'return 1', variables: {} }))
    expect(await Promise.all(all)).toHaveLength(4)
  })

  test('close ends what runs, and refuses what comes', async () => {
    const box = createSandbox({ fetch, threads: 1 })
    const running = box.run({ code: 'for (;;);', variables: {} })
    const waiting = box.run({ code: 'return 1', variables: {} })
    const ends = Promise.allSettled([running, waiting])
    await sleep(300)
    await box.close()
    const refused = { status: 'rejected', reason: { code: 'UNAVAILABLE' } }
    expect(await ends).toMatchObject([refused, refused])
    await expect(box.run({ code: 'return 1', variables: {} })).rejects.toMatchObject(refused.reason)
    await box.close()
  })

  test('threat 41: hundreds of runs leave no memory behind, and bombs leave none either', async () => {
    const box = createSandbox({ fetch, threads: 1 })
    const rss = async (code: string, count: number): Promise<number> => {
      for (let i = 0; i < count; i += 1) {
        await box.run({ code, variables: {} }).catch(() => undefined)
      }
      return process.memoryUsage().rss / 1024 / 1024
    }
    const work = 'const a = Array.from({ length: 1e4 }, String); return a.length'
    const before = await rss(work, 100)
    expect((await rss(work, 300)) - before).toBeLessThan(20)
    await rss('const a = []; for (;;) a.push("x".repeat(1e5) + a.length)', 5)
    expect((await rss(work, 50)) - before).toBeLessThan(60)
    await box.close()
  }, 120_000)
})
