import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createGzip, gzipSync, type Gzip } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { createEgress, type Egress } from '../../src/platform/egress/egress.ts'

/** Answers on loopback; whatever reaches it is told. */
let server: Server
let egress: Egress
let origin: string
let answer: (response: ServerResponse, url: string) => unknown
let asked: { url: string; headers: IncomingHttpHeaders; socket: Socket; port: number | undefined }[]

beforeEach(async () => {
  asked = []
  server = createServer((request, response) => {
    const { url = '', headers, socket } = request
    asked.push({ url, headers, socket, port: socket.remotePort })
    request.resume()
    void answer(response, url)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  origin = `http://${host}`
  egress = createEgress({ allow: [host], timeoutMs: 10_000 })
})

afterEach(async () => {
  await egress.close()
  // Whatever a test did, nothing is left open.
  await vi.waitUntil(async () => (await connections()) === 0)
  server.close()
})

const connections = () =>
  new Promise<number>((resolve) => {
    server.getConnections((_error, count) => resolve(count))
  })

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )

const readerOf = ({ body }: Response) => (body ?? new ReadableStream<Uint8Array>()).getReader()

/** The connections that calls came by; one that was just used is not free at once. */
const ports = () => [...new Set(asked.map(({ port }) => port))]

/** Whether the far side has lost its first connection; waits for it. */
const hungUp = () => vi.waitUntil(() => asked[0]?.socket.destroyed)

const endless = Buffer.alloc(65_536, 'x')

/** Writes without end, as fast as it is read; gives what it got rid of. */
function pour(response: ServerResponse): { bytes: number } {
  const poured = { bytes: 0 }
  const more = (): void => {
    while (!response.destroyed) {
      poured.bytes += endless.length
      if (!response.write(endless)) return
    }
  }
  response.on('drain', more)
  more()
  return poured
}

describe('a large body', () => {
  const size = 16 * 1024 * 1024

  test('that is read slowly holds its sender back, and arrives whole', async () => {
    let sent = 0
    answer = async (response) => {
      for (; sent < size; sent += endless.length) {
        if (!response.write(endless)) await once(response, 'drain')
      }
      response.end()
    }
    const reader = readerOf(await egress.fetch(origin))
    let got = (await reader.read()).value?.length ?? 0
    await pause(300)
    const held = sent
    expect(held).toBeLessThan(size)
    await pause(300)
    expect(sent).toBe(held)
    for (let at = await reader.read(); !at.done; at = await reader.read()) got += at.value.length
    expect(got).toBe(size)
  })

  test('arrives as it was sent', async () => {
    const body = Buffer.alloc(3_000_000, 'The quick brown fox — 🦊. ')
    answer = (response) => response.end(body)
    const got = Buffer.from(await (await egress.fetch(origin)).arrayBuffer())
    expect(got.equals(body)).toBe(true)
  })

  test('that is not read waits, and does not keep others', async () => {
    answer = (response, url) => (url === '/2' ? response.end('hello') : pour(response))
    const first = await egress.fetch(`${origin}/1`)
    expect(await (await egress.fetch(`${origin}/2`)).text()).toBe('hello')
    await first.body?.cancel()
    expect(asked).toHaveLength(2)
  })

  test('comes in pieces as it is sent', async () => {
    let go = (): void => undefined
    answer = (response) => {
      response.write('first')
      go = () => response.end('second')
    }
    const reader = readerOf(await egress.fetch(origin))
    expect(String(Buffer.from((await reader.read()).value ?? []))).toBe('first')
    go()
    expect(String(Buffer.from((await reader.read()).value ?? []))).toBe('second')
    expect((await reader.read()).done).toBe(true)
  })
})

/** Writes a little again and again. */
function goOn(to: ServerResponse | Gzip, response: ServerResponse): void {
  const more = (): void => {
    to.write('more')
    if ('flush' in to) to.flush()
  }
  more()
  const tick = setInterval(more, 5)
  response.on('close', () => clearInterval(tick))
}

/** A body that begins and does not end. */
const unending: [string, (response: ServerResponse) => unknown][] = [
  ['one that falls silent', (response) => response.write('first')],
  ['one that goes on', (response) => goOn(response, response)],
  [
    'a packed one that goes on',
    (response) => {
      response.setHeader('content-encoding', 'gzip')
      const packed = createGzip()
      packed.pipe(response)
      goOn(packed, response)
    },
  ],
]

describe.each(unending)('who leaves %s', (_what, begin) => {
  beforeEach(() => {
    answer = begin
  })

  test('by a cancel hangs up', async () => {
    const reader = readerOf(await egress.fetch(origin))
    await reader.read()
    await reader.cancel()
    expect(await hungUp()).toBe(true)
  })

  test('by a cancel while nothing comes hangs up', async () => {
    const reader = readerOf(await egress.fetch(origin))
    const reading = (async () => {
      for (;;) if ((await reader.read()).done) return
    })()
    await pause(100)
    await reader.cancel()
    await reading
    expect(await hungUp()).toBe(true)
  })

  test('by breaking out of it hangs up', async () => {
    for await (const piece of (await egress.fetch(origin)).body ?? []) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(await hungUp()).toBe(true)
  })

  test('by an abort is told its reason, and hangs up', async () => {
    const abort = new AbortController()
    const reason = new Error('left')
    const response = await egress.fetch(origin, { signal: abort.signal })
    setTimeout(() => abort.abort(reason), 50)
    expect(await reasonOf(response.text())).toBe(reason)
    expect(await hungUp()).toBe(true)
  })

  test('to the time limit is told so, and hangs up', async () => {
    const hasty = createEgress({ allow: ['127.0.0.1'], timeoutMs: 200 })
    const failure = await reasonOf((await hasty.fetch(origin)).text())
    expect(failure).toMatchObject({ code: 'TIMEOUT' })
    expect(await hungUp()).toBe(true)
    await hasty.close()
  })
})

test.each(unending)('who leaves %s unread hangs up', async (_what, begin) => {
  answer = begin
  await (await egress.fetch(origin)).body?.cancel()
  expect(await hungUp()).toBe(true)
})

test('who closes the way out ends every reading of a body', async () => {
  answer = (response) => response.write('first')
  const response = await egress.fetch(origin)
  const failure = reasonOf(response.text())
  await egress.close()
  expect(await failure).toMatchObject({ code: 'UPSTREAM' })
  expect(await hungUp()).toBe(true)
})

describe('nobody listens to the signal of the caller any more', () => {
  const ways: [string, (fetched: Promise<Response>) => Promise<unknown>][] = [
    ['at the end of a body', async (fetched) => (await fetched).text()],
    ['without a body', async (fetched) => fetched],
    ['after a cancel', async (fetched) => (await fetched).body?.cancel()],
    ['after a failure', reasonOf],
  ]
  test.each(ways)('%s', async (what, leave) => {
    const { signal } = new AbortController()
    answer = (response) => {
      if (what === 'after a failure') response.destroy()
      else if (what === 'without a body') response.writeHead(204).end()
      else response.end('hello')
    }
    await leave(egress.fetch(origin, { signal }))
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('an abort', () => {
  test.each([new Error('left'), new Failure('CONFLICT', 'Cancelled.'), 'a text', null])(
    'before the headers is told its reason, and hangs up: %s',
    async (reason) => {
      const abort = new AbortController()
      answer = () => abort.abort(reason)
      const told = await reasonOf(egress.fetch(origin, { signal: abort.signal }))
      expect(told).toBe(reason)
      expect(await hungUp()).toBe(true)
    },
  )

  test('before the call sends nothing', async () => {
    const reason = new Error('left')
    const signal = AbortSignal.abort(reason)
    expect(await reasonOf(egress.fetch(origin, { signal }))).toBe(reason)
    expect(asked).toEqual([])
  })

  test('on the way of a redirect is told its reason', async () => {
    const abort = new AbortController()
    const reason = new Error('left')
    answer = (response, url) =>
      url === '/2' ? abort.abort(reason) : response.writeHead(302, { location: '/2' }).end()
    const told = await reasonOf(egress.fetch(`${origin}/1`, { signal: abort.signal }))
    expect(told).toBe(reason)
  })

  test('after the end changes nothing', async () => {
    const abort = new AbortController()
    answer = (response) => response.end('hello')
    const response = await egress.fetch(origin, { signal: abort.signal })
    expect(await response.text()).toBe('hello')
    abort.abort()
    await pause(50)
    expect(await (await egress.fetch(origin)).text()).toBe('hello')
    expect(ports()).toHaveLength(1)
  })
})

describe('a far side that breaks off', () => {
  const packed = gzipSync('x'.repeat(100))
  const breakOff: [string, (response: ServerResponse) => unknown][] = [
    ['before the headers', (response) => response.destroy()],
    ['in the middle', (response) => response.write('half', () => response.destroy())],
    [
      'short of the length it said',
      (response) => {
        response.setHeader('content-length', 100)
        response.write('half', () => response.destroy())
      },
    ],
    [
      'in the middle of gzip',
      (response) => {
        response.setHeader('content-encoding', 'gzip')
        response.write(packed.subarray(0, 20), () => response.destroy())
      },
    ],
    [
      'with half of gzip, politely',
      (response) => {
        response.setHeader('content-encoding', 'gzip')
        response.end(packed.subarray(0, 20))
      },
    ],
  ]

  test.each(breakOff)('%s is UPSTREAM', async (_what, begin) => {
    answer = begin
    const failure = await reasonOf(egress.fetch(`${origin}/path?q=1`).then((it) => it.text()))
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ code: 'UPSTREAM' })
    expect(String(failure)).toMatch(/127\.0\.0\.1:\d+ could not be reached/)
    expect(String(failure)).not.toMatch(/path|q=1/)
  })

  test('is asked anew on a connection of its own', async () => {
    answer = (response, url) => (url === '/2' ? response.end('hello') : response.destroy())
    await reasonOf(egress.fetch(`${origin}/1`))
    expect(await (await egress.fetch(`${origin}/2`)).text()).toBe('hello')
  })
})

describe('a packed body', () => {
  test.each(['gzip', 'x-gzip', ' GZIP '])('said to be %s is unpacked', async (encoding) => {
    answer = (response) => {
      response.setHeader('content-encoding', encoding)
      response.end(gzipSync('hello'))
    }
    expect(await (await egress.fetch(origin)).text()).toBe('hello')
  })

  test('is unpacked as it comes', async () => {
    answer = (response) => {
      response.setHeader('content-encoding', 'gzip')
      const packed = createGzip()
      packed.pipe(response)
      packed.write('first')
      packed.flush()
    }
    const reader = readerOf(await egress.fetch(origin))
    expect(String(Buffer.from((await reader.read()).value ?? []))).toBe('first')
    await reader.cancel()
  })

  test('in an unknown way is left alone', async () => {
    const body = gzipSync('hello')
    answer = (response) => response.setHeader('content-encoding', 'secret').end(body)
    const got = Buffer.from(await (await egress.fetch(origin)).arrayBuffer())
    expect(got.equals(body)).toBe(true)
  })
})

describe('a redirect', () => {
  test.each<[string, string | Buffer]>([
    ['no body', ''],
    ['a small body', 'Moved.'],
    ['a body of 64 KB', endless],
  ])('with %s keeps its connection', async (_what, body) => {
    answer = (response, url) =>
      url === '/2' ? response.end('hello') : response.writeHead(302, { location: '/2' }).end(body)
    for (let round = 0; round < 10; round += 1) {
      expect(await (await egress.fetch(`${origin}/1`)).text()).toBe('hello')
    }
    expect(asked).toHaveLength(20)
    expect(ports().length).toBeLessThanOrEqual(2)
  })

  test('with an endless body hangs up, and goes on', async () => {
    let poured = { bytes: 0 }
    answer = (response, url) => {
      if (url === '/2') return response.end('hello')
      return (poured = pour(response.writeHead(302, { location: '/2' })))
    }
    expect(await (await egress.fetch(`${origin}/1`)).text()).toBe('hello')
    expect(await hungUp()).toBe(true)
    expect(ports()).toHaveLength(2)
    expect(poured.bytes).toBeLessThan(16 * 1024 * 1024)
  })
})

describe('an answer without a body', () => {
  test.each([204, 205, 304])('is one with %i, and keeps its connection', async (status) => {
    answer = (response) => response.writeHead(status, { 'x-kept': 'yes' }).end()
    for (let round = 0; round < 10; round += 1) {
      const response = await egress.fetch(origin)
      expect([response.status, response.body, await response.text()]).toEqual([status, null, ''])
      expect(response.headers.get('x-kept')).toBe('yes')
    }
    expect(ports().length).toBeLessThanOrEqual(2)
  })

  test('is one to HEAD', async () => {
    answer = (response) => response.writeHead(200, { 'content-length': '5' }).end()
    expect(await (await egress.fetch(origin, { method: 'HEAD' })).text()).toBe('')
  })

  test('is one after an early hint', async () => {
    answer = (response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
      response.writeHead(200, { 'x-kept': 'yes' }).end('hello')
    }
    const response = await egress.fetch(origin)
    expect([response.status, await response.text()]).toEqual([200, 'hello'])
    expect(response.headers.get('link')).toBeNull()
  })
})

describe('headers', () => {
  const given: [string, RequestInit['headers'], IncomingHttpHeaders][] = [
    ['an object', { 'x-team': 'red', accept: 'text/csv' }, { 'x-team': 'red', accept: 'text/csv' }],
    [
      'upper case',
      { 'X-TEAM': 'red', Accept: 'text/csv' },
      { 'x-team': 'red', accept: 'text/csv' },
    ],
    ['Headers', new Headers({ 'X-Team': 'red' }), { 'x-team': 'red', accept: '*/*' }],
    ['pairs', [['X-Team', 'red']], { 'x-team': 'red', accept: '*/*' }],
    [
      'pairs of one name',
      [
        ['x-team', 'red'],
        ['X-Team', 'blue'],
      ],
      { 'x-team': 'red, blue' },
    ],
    ['one name in two ways', { 'x-team': 'red', 'X-Team': 'blue' }, { 'x-team': 'red, blue' }],
    ['blanks around', { 'x-team': '  red team\t' }, { 'x-team': 'red team' }],
    ['blanks within', { 'x-team': 'red  team' }, { 'x-team': 'red  team' }],
    ['nothing in them', { 'x-team': '' }, { 'x-team': '' }],
    ['digits', { 'x-team-2': 'red' }, { 'x-team-2': 'red' }],
    ['letters of Latin 1', { 'x-team': 'r\u00E9d' }, { 'x-team': 'r\u00E9d' }],
    ['none', {}, { accept: '*/*', 'user-agent': 'flowgate' }],
    ['our own replaced', { 'User-Agent': 'me' }, { 'user-agent': 'me', accept: '*/*' }],
  ]

  test.each(given)('that are %s are sent', async (_what, headers, sent) => {
    answer = (response) => response.end()
    await (await egress.fetch(origin, { headers: headers ?? {} })).text()
    expect(asked[0]?.headers).toMatchObject(sent)
  })

  test.each<[string, Record<string, string>]>([
    ['a name with a blank', { 'x team': 'red' }],
    ['a name that is empty', { '': 'red' }],
    ['a line end in a value', { 'x-team': 'red\r\nx-evil: 1' }],
    ['a letter beyond Latin 1', { 'x-team': 'zażółć' }],
  ])('with %s send nothing', async (_what, headers) => {
    await expect(egress.fetch(origin, { headers })).rejects.toThrow(TypeError)
    expect(asked).toEqual([])
  })
})
