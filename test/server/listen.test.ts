import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/platform/config.ts'
import type { Answer } from '../../src/rest/answer.ts'
import type { Http } from '../../src/server/http.ts'
import { listen, type Listening } from '../../src/server/listen.ts'
import { createFixture } from './fixture.ts'

const open: Listening[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.close()))
})

async function start(http?: Http): Promise<Listening> {
  const listening = await listen(http ?? (await createFixture()), readConfig({ PORT: '0' }))
  open.push(listening)
  return listening
}

/** Sends text as it is, and answers all that came back until the server closed or fell silent. */
async function raw(url: string, text: string, awaited = '\r\n\r\n'): Promise<string> {
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    received += chunk
  })
  socket.on('error', () => undefined)
  socket.write(text)
  for (let n = 0; n < 250 && !received.includes(awaited); n += 1) await wait(20)
  await wait(20)
  socket.destroy()
  return received
}

const get = (target: string, ...headers: string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`

describe('threat 37: raw requests', () => {
  it.each([
    '/api/v1/widget/../things',
    '/api/v1/widget/x/../../things',
    '/api/v1/widget/..',
    '/api/v1/widget/%2e%2e/things',
    '/api/v1/widget/..%2fthings',
    '/api/v1/widget/%2e%2e%2fthings',
    '/API/v1/widget/t1',
    '//api/v1/widget/t1',
    '/api/v1//widget/t1',
    '/api/v1;/widget/t1',
    '/api/v1/widget;/t1',
    '/api/v1/widget/a%5cb',
    '/api/v1/widget/a%00b',
    '/api/v1/widget/%',
    '/api/v1/widget/%ff',
    '/api/v1/widget/t1/',
    '*',
  ])('threat 37: %s leads nowhere', async (target) => {
    const { url } = await start()
    expect(await raw(url, get(target))).toMatch(/^HTTP\/1\.1 40[04] /)
  })

  it('threat 37: takes the absolute form as the path it names', async () => {
    const { url } = await start()
    expect(await raw(url, get('http://x/api/v1/widget/t1'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await raw(url, get('http://x/api/v1/things'))).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('threat 37: a request id never breaks out of its header', async () => {
    const { url } = await start()
    const answer = await raw(url, get('/api/v1/ping', 'X-Request-Id: a%0d%0aSet-Cookie:x'))
    expect(answer).not.toMatch(/set-cookie/i)
  })

  it.each([
    'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  ])('threat 37: ambiguous lengths are refused', async (text) => {
    const { url } = await start()
    const answer = await raw(url, text)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('pong')
  })

  it('threat 37: an unknown method reaches no handler', async () => {
    const { url } = await start()
    expect(await raw(url, get('/api/v1/things').replace('GET', 'TRACE'))).toMatch(
      /^HTTP\/1\.1 405 /,
    )
    expect(await raw(url, get('/api/v1/things').replace('GET', 'HACK'))).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('threat 36: limits of a connection', () => {
  it('threat 36: refuses 16 kB of headers', async () => {
    const { url } = await start()
    const answer = await raw(url, get('/api/v1/ping', `X-Big: ${'x'.repeat(20_000)}`))
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('threat 36: closes a connection that does not finish its headers', async () => {
    const { url } = await start()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    socket.write('GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const begun = performance.now()
    await new Promise((resolve) => {
      socket.once('close', resolve)
    })
    expect(performance.now() - begun).toBeLessThan(13_000)
  })

  it('threat 35: reads the rest of a refused body away, so that the connection lives on', async () => {
    const { url } = await start()
    const body = `${(5_000_000).toString(16)}\r\n${'x'.repeat(5_000_000)}\r\n0\r\n\r\n`
    const head = `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answer = await raw(url, head + body + get('/api/v1/ping'), 'pong')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('pong')
  })

  it('threat 35: refuses 60 MB without keeping it', async () => {
    const { url } = await start()
    const before = process.memoryUsage().rss
    const answer = await fetch(`${url}/api/v1/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer good' },
      body: chunks(60),
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(413)
    expect(await answer.text()).toContain('PAYLOAD_TOO_LARGE')
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000)
    expect(await (await fetch(`${url}/api/v1/ping`)).text()).toBe('pong')
  })
})

/** A stream of that many megabytes, chunked and without a length. */
function chunks(megabytes: number): ReadableStream<Uint8Array> {
  let left = megabytes * 16
  return new ReadableStream({
    pull(controller) {
      if (left === 0) controller.close()
      else controller.enqueue(new Uint8Array(65_536).fill(32))
      left -= 1
    },
  })
}

describe('threat 45: a client that does not read', () => {
  const unreadMs = 300

  async function begin(answer: Answer): Promise<Socket> {
    const http = { ...silent, handle: () => Promise.resolve(answer) }
    const listening = await listen(http, readConfig({ PORT: '0' }), unreadMs)
    open.push(listening)
    const socket = connect(Number(new URL(listening.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(get('/'))
    return socket
  }

  it.each([
    ['an answer', () => Buffer.alloc(50_000_000)],
    ['a stream', () => chunks(50)],
  ])('threat 45: %s is not kept for it', async (_what, body) => {
    const stream = body()
    const socket = await begin({ status: 200, headers: {}, body: stream })
    // Past what the buffers of the system take nothing goes any more, and nobody reads.
    await wait(10 * unreadMs)
    let received = 0
    socket.on('data', (bytes) => (received += bytes.length))
    await new Promise((resolve) => {
      socket.once('close', resolve)
    })
    expect(received).toBeGreaterThan(0)
    expect(received).toBeLessThan(50_000_000)
  })

  it('threat 45: answers may take longer to be made, and streams to be told', async () => {
    let left = 5
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await wait(unreadMs / 3)
        left -= 1
        controller.enqueue(Buffer.from('piece '))
        if (left === 0) controller.close()
      },
    })
    const answers: Answer['body'][] = ['first', 'second', slow]
    const listening = await listen(
      {
        ...silent,
        handle: async () => {
          await wait(2 * unreadMs)
          return { status: 200, headers: {}, body: answers.shift() ?? null }
        },
      },
      readConfig({ PORT: '0' }),
      unreadMs,
    )
    open.push(listening)
    const told = await raw(listening.url, get('/').repeat(3), '0\r\n\r\n')
    expect(told.match(/first|second|piece /g)).toHaveLength(7)
  })
})

describe('the wire', () => {
  it('sends lengths, and no body for HEAD', async () => {
    const { url } = await start()
    const answer = await fetch(`${url}/api/v1/ping`)
    expect(answer.headers.get('content-length')).toBe('4')
    expect(answer.headers.get('transfer-encoding')).toBeNull()
    const head = await raw(url, get('/api/v1/ping').replace('GET', 'HEAD'))
    expect(head).toMatch(/content-length: 4\r\n/i)
    expect(head.split('\r\n\r\n')[1]).toBe('')
  })

  it('aborts what a client does not wait for', async () => {
    const aborted = new Promise<string>((resolve) => {
      void start({
        ...silent,
        handle: ({ signal }) =>
          new Promise<Answer>((answer) => {
            signal.addEventListener('abort', () => {
              resolve('aborted')
              answer({ status: 499, headers: {}, body: null })
            })
          }),
      }).then(({ url }) => fetch(url, { signal: AbortSignal.timeout(100) }).catch(() => undefined))
    })
    expect(await aborted).toBe('aborted')
  })

  it('streams, and cancels the stream when the client goes', async () => {
    let cancelled: () => void
    const cancel = new Promise<void>((resolve) => {
      cancelled = resolve
    })
    const body = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await wait(10)
          controller.enqueue(Buffer.from('data: x\n\n'))
        },
        cancel: () => cancelled(),
      })
    const headers = { 'content-type': 'text/event-stream' }
    const { url } = await start({
      ...silent,
      handle: () => Promise.resolve({ status: 200, headers, body: body() }),
    })
    const answer = await fetch(url)
    const reader = answer.body?.getReader()
    expect((await reader?.read())?.value).toBeDefined()
    await reader?.cancel()
    await cancel
  })
})

describe('threat 49: stopping', () => {
  it('threat 49: answers what is under way, then refuses connections', async () => {
    const waiting: ((answer: Answer) => void)[] = []
    let drained = false
    const listening = await start({
      ...silent,
      drain: () => {
        drained = true
      },
      handle: () =>
        new Promise<Answer>((resolve) => {
          waiting.push(resolve)
        }),
    })
    const pending = Array.from({ length: 20 }, () => fetch(listening.url))
    while (waiting.length < 20) await wait(10)
    const closing = listening.close()
    await wait(50)
    expect(drained).toBe(true)
    await expect(fetch(listening.url)).rejects.toThrow('fetch failed')
    for (const answer of waiting) answer({ status: 200, headers: {}, body: 'done' })
    const answers = await Promise.all(pending)
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(
      answers.map(() => 'done'),
    )
    await closing
  })

  it('threat 49: cuts what takes longer than the time to stop', async () => {
    const http = { ...silent, handle: () => new Promise<Answer>(() => undefined) }
    const config = readConfig({ PORT: '0', SHUTDOWN_TIMEOUT: '1' })
    const listening = await listen(http, config)
    const cut = fetch(listening.url)
    cut.catch(() => undefined)
    await wait(100)
    await listening.close()
    await expect(cut).rejects.toThrow('fetch failed')
  })

  it('threat 49: says not ready as soon as it begins to stop', async () => {
    const http = await createFixture()
    const stopping = { status: 'unavailable', reasons: ['The server is stopping.'] }
    expect(await (await http.call('/health/ready')).json()).not.toEqual(stopping)
    http.drain()
    const ready = await http.call('/health/ready')
    expect([ready.status, await ready.json()]).toEqual([503, stopping])
    expect((await http.call('/health/live')).status).toBe(200)
  })
})

const silent: Http = {
  fetch: () => Promise.reject(new Error('not used')),
  handle: () => Promise.reject(new Error('not used')),
  drain: () => undefined,
  interrupt: () => undefined,
}
