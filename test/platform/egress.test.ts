import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { createEgress, type Egress, type EgressOptions } from '../../src/platform/egress/egress.ts'

/** A listener on loopback; whatever reaches it is a hit. */
let server: Server
let port: number
let hits: { url: string; headers: IncomingMessage['headers']; body: string; method: string }[]
let answer: (url: string) => {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer
}
const open: Egress[] = []

const egressWith = (options: Partial<EgressOptions>): Egress => {
  const egress = createEgress({ allow: [], ports: [80, 443, port], timeoutMs: 3000, ...options })
  open.push(egress)
  return egress
}

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { url = '', headers, method = '' } = request
      hits.push({ url, headers, method, body })
      const { status, headers: extra, body: text } = answer(url)
      response.writeHead(status, extra).end(text)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '::', resolve)
  })
  port = (server.address() as AddressInfo).port
})

beforeEach(() => {
  hits = []
  answer = () => ({ status: 200, body: 'hello' })
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((egress) => egress.close()))
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function refusalOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

/** Everything but the last two resolves, or is read by URL, to the listener's own machine. */
const spellings = [
  'http://127.0.0.1',
  'http://127.1',
  'http://127.0.1',
  'http://127.255.255.254',
  'http://2130706433',
  'http://0x7f000001',
  'http://0x7f.1',
  'http://0x7f.0x0.0x0.0x1',
  'http://0177.0.0.1',
  'http://017700000001',
  'http://0',
  'http://0.0.0.0',
  'http://１２７.０.０.１',
  'http://127。0。0。1',
  'http://%31%32%37.0.0.1',
  'http://127.0.0.1.',
  'http://[::1]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::127.0.0.1]',
  'http://[64:ff9b::7f00:1]',
  'http://[64:ff9b:1::7f00:1]',
  'http://[2002:7f00:1::]',
  'http://[2001::7f00:1]',
  'http://[fe80::1]',
  'http://[fd00::1]',
  'http://[fec0::1]',
  'http://[ff02::1]',
  'http://localhost',
  'http://LOCALHOST.',
  'http://LocalHost',
  'http://a.localhost',
  'http://10.0.0.1',
  'http://172.16.0.1',
  'http://192.168.1.1',
  'http://100.64.0.1',
  'http://169.254.169.254',
  'http://192.0.2.1',
  'http://198.18.0.1',
  'http://224.0.0.1',
  'http://255.255.255.255',
  'http://metadata.google.internal',
  'http://rebind.example',
]

const toLoopback: EgressOptions['resolve'] = async () => [{ address: '127.0.0.1', family: 4 }]

/** Names as an attacker's DNS would answer them. */
const byStub: EgressOptions['resolve'] = async (hostname) => {
  if (hostname === 'metadata.google.internal') return [{ address: '169.254.169.254', family: 4 }]
  if (hostname === 'rebind.example') {
    return [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
  }
  return [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
}

describe('threat 40: no address inside is reached', () => {
  test.each(spellings)('threat 40: %s is refused', async (origin) => {
    const egress = egressWith({ resolve: byStub })
    const failure = await refusalOf(egress.fetch(`${origin}:${port}/secret?key=hidden`))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/refused/)
    expect(failure.message).not.toMatch(/secret|hidden/)
    expect(hits).toEqual([])
  })

  test('threat 40: the system resolver gives the same refusal', async () => {
    const failure = await refusalOf(egressWith({}).fetch(`http://localhost:${port}/`))
    expect(failure.message).toMatch(/refused/)
    expect(hits).toEqual([])
  })

  test('threat 40: a name that answers public first and loopback later is refused', async () => {
    const answers = ['93.184.216.34', '127.0.0.1']
    const resolve = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]
    const egress = egressWith({ resolve, timeoutMs: 300 })
    await refusalOf(egress.fetch(`http://rebind.example:${port}/`))
    const second = await refusalOf(egress.fetch(`http://rebind.example:${port}/`))
    expect(second.message).toMatch(/refused/)
    expect(hits).toEqual([])
  })

  test('threat 40: a redirect to loopback is refused, and seen by nobody', async () => {
    answer = () => ({ status: 302, headers: { location: `http://127.0.0.1:${port}/inside` } })
    const egress = egressWith({ allow: [`first.example:${port}`], resolve: toLoopback })
    const failure = await refusalOf(egress.fetch(`http://first.example:${port}/outside`))
    expect(failure.message).toMatch(/refused/)
    expect(hits.map(({ url }) => url)).toEqual(['/outside'])
  })

  test('threat 40: another port of a public host is refused', async () => {
    const egress = createEgress({ allow: [] })
    open.push(egress)
    const failure = await refusalOf(egress.fetch('http://93.184.216.34:6379/'))
    expect(failure.message).toMatch(/port 6379 are refused/)
  })

  test.each(['file:///etc/passwd', 'data:text/plain,hi', 'ftp://example.com', 'no url'])(
    'threat 40: %s is not http',
    async (url) => {
      expect((await refusalOf(egressWith({}).fetch(url))).code).toBe('UPSTREAM')
    },
  )
})

describe('what the operator allows', () => {
  test.each([
    ['address', () => '127.0.0.1', '127.0.0.1'],
    ['address and port', () => `127.0.0.1:${port}`, '127.0.0.1'],
    ['CIDR', () => '127.0.0.0/8', '127.0.0.1'],
    ['CIDR and port', () => `127.0.0.0/8:${port}`, '127.0.0.1'],
    ['v6 address', () => '::1', '[::1]'],
    ['v6 CIDR and port', () => `[::/64]:${port}`, '[::1]'],
    ['host name', () => 'LocalHost', 'localhost'],
    ['host name and port', () => `localhost.:${port}`, 'LOCALHOST'],
  ])('threat 40: an entry for the %s makes it pass', async (_what, entry, host) => {
    const egress = egressWith({ allow: [entry()], ports: [] })
    const response = await egress.fetch(`http://${host}:${port}/x`)
    expect(await response.text()).toBe('hello')
    expect(hits).toHaveLength(1)
  })

  test('an entry for another port or a neighbouring network does not', async () => {
    const egress = egressWith({ allow: [`127.0.0.1:${port + 1}`, '127.0.1.0/24', 'localhost'] })
    await refusalOf(egress.fetch(`http://127.0.0.1:${port}/`))
    expect(hits).toEqual([])
  })

  test('a malformed entry stops the start', () => {
    expect(() => createEgress({ allow: ['http://x'] })).toThrow(/EGRESS_ALLOW/)
  })
})

describe('redirects', () => {
  const allow = ['a.example', 'b.example']
  const secrets = { authorization: 'Bearer sk-1', cookie: 'c=1', 'x-api-key': 'k', accept: '*/*' }

  test('keeps credentials on the same origin only', async () => {
    answer = (url) => {
      if (url === '/1') return { status: 307, headers: { location: '/2' } }
      if (url === '/2') return { status: 307, headers: { location: `http://b.example:${port}/3` } }
      return { status: 200 }
    }
    const egress = egressWith({ allow, resolve: toLoopback })
    const init = { method: 'POST', body: 'text', headers: secrets }
    await egress.fetch(`http://a.example:${port}/1`, init)
    expect(hits.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sk-1',
      'Bearer sk-1',
      undefined,
    ])
    expect(hits[2]?.headers['x-api-key']).toBeUndefined()
    expect(hits[2]?.headers.cookie).toBeUndefined()
    expect(hits[2]).toMatchObject({ method: 'POST', body: 'text' })
  })

  test('303 becomes GET without a body', async () => {
    answer = (url) =>
      url === '/1' ? { status: 303, headers: { location: '/2' } } : { status: 200 }
    const egress = egressWith({ allow, resolve: toLoopback })
    await egress.fetch(`http://a.example:${port}/1`, { method: 'POST', body: 'text' })
    expect(hits[1]).toMatchObject({ method: 'GET', body: '' })
  })

  test('follows three and no more', async () => {
    answer = (url) => ({ status: 302, headers: { location: `/${Number(url.slice(1)) + 1}` } })
    const egress = egressWith({ allow, resolve: toLoopback })
    const failure = await refusalOf(egress.fetch(`http://a.example:${port}/0`))
    expect(failure.message).toMatch(/more than 3 times/)
    expect(hits).toHaveLength(4)
  })
})

describe('bodies', () => {
  const egress = () => egressWith({ allow: ['127.0.0.1'] })
  const here = () => `http://127.0.0.1:${port}/`

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('%s is unpacked', async (encoding, pack) => {
    answer = () => ({
      status: 200,
      headers: { 'content-encoding': encoding },
      body: pack('hello, hello, hello'),
    })
    const response = await egress().fetch(here())
    expect(await response.text()).toBe('hello, hello, hello')
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(hits[0]?.headers['accept-encoding']).toContain(encoding)
  })

  test('what is not the packing it says is a failure', async () => {
    answer = () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, body: 'plain' })
    const response = await egress().fetch(here())
    expect((await refusalOf(response.text())).code).toBe('UPSTREAM')
  })

  test.each([
    ['text', 'a=1', 'text/plain;charset=UTF-8'],
    ['a form', new URLSearchParams({ a: '1' }), 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['bytes', Buffer.from('a=1'), undefined],
    ['a blob', new Blob(['a=1'], { type: 'text/csv' }), 'text/csv'],
    ['a stream', new Blob(['a=1']).stream(), undefined],
  ])('%s is sent as it is', async (_what, body, type) => {
    await egress().fetch(here(), { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(hits).toMatchObject([{ method: 'POST', body: 'a=1' }])
    expect(hits[0]?.headers['content-type']).toBe(type)
  })

  test('a request is sent as it is', async () => {
    const headers = { 'content-type': 'text/csv', 'x-kept': 'yes' }
    await egress().fetch(new Request(here(), { method: 'PUT', body: 'a=1', headers }))
    expect(hits).toMatchObject([{ method: 'PUT', body: 'a=1', headers }])
  })

  test('an answer without a body has none', async () => {
    answer = () => ({ status: 204 })
    const response = await egress().fetch(here())
    expect([response.status, response.body]).toEqual([204, null])
  })
})

describe('caps', () => {
  const allow = ['127.0.0.1']

  test('a body over the limit ends in a failure', async () => {
    answer = () => ({ status: 200, body: 'x'.repeat(100_000) })
    const egress = egressWith({ allow, maxBytes: 50_000 })
    const response = await egress.fetch(`http://127.0.0.1:${port}/`)
    expect((await refusalOf(response.text())).message).toMatch(/more than allowed/)
  })

  test('so does a small one that unpacks to more', async () => {
    const body = gzipSync('x'.repeat(1_000_000))
    answer = () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, body })
    expect(body.length).toBeLessThan(50_000)
    const egress = egressWith({ allow, maxBytes: 50_000 })
    const response = await egress.fetch(`http://127.0.0.1:${port}/`)
    expect((await refusalOf(response.text())).message).toMatch(/more than allowed/)
  })

  test('silence ends in TIMEOUT', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve)
    })
    const at = (silent.address() as AddressInfo).port
    const failure = await refusalOf(
      egressWith({ allow, timeoutMs: 100 }).fetch(`http://127.0.0.1:${at}/`),
    )
    expect(failure.code).toBe('TIMEOUT')
    silent.closeAllConnections()
    silent.close()
  })

  test("the caller's abort rejects with its own reason", async () => {
    const reason = new Error('left')
    const promise = egressWith({ allow }).fetch(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.abort(reason),
    })
    await expect(promise).rejects.toBe(reason)
  })

  test('nobody there is one sentence with the system code', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => {
      closed.listen(0, '127.0.0.1', resolve)
    })
    const host = `127.0.0.1:${(closed.address() as AddressInfo).port}`
    await new Promise((resolve) => {
      closed.close(resolve)
    })
    const failure = await refusalOf(egressWith({ allow }).fetch(`http://${host}/path?q=1`))
    expect(failure.message).toBe(`${host} could not be reached (ECONNREFUSED).`)
  })

  test('cookies of the far side stop here', async () => {
    answer = () => ({ status: 200, headers: { 'set-cookie': 'a=1', 'x-kept': 'yes' } })
    const response = await egressWith({ allow }).fetch(`http://127.0.0.1:${port}/`)
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('x-kept')).toBe('yes')
  })
})
