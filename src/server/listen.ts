import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../platform/config.ts'
import type { Answer } from '../rest/answer.ts'
import type { Incoming } from './exchange.ts'
import type { Http } from './http.ts'

export interface Listening {
  /** Where it answers, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Answers what is under way, within the configured time, and stops. */
  close(): Promise<void>
}

/**
 * Slow or silent clients lose their connection; how long an answer takes is not limited here. A
 * body that is no upload has less time, which the stage that reads it keeps.
 */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 900_000,
  connectionsCheckingInterval: 1000,
  // Longer than the minute after which usual proxies give an idle connection up.
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
} as const

const mostConnections = 10_000

/** How long streams get to send their last event once patience is over. */
const lastWordMs = 1000

/** How long proxies get to notice that `/health/ready` says no, where there is a proxy. */
const noticeMs = 1000

/** A client that takes nothing of its answer for so long would keep it in our memory for ever. */
const patienceWithReadersMs = 60_000

/** Rejects when the port is taken. */
export async function listen(
  http: Http,
  config: Pick<Config, 'host' | 'port' | 'shutdownTimeoutSeconds' | 'trustProxy'>,
  unreadMs = patienceWithReadersMs,
): Promise<Listening> {
  let stopping = false
  const server = createServer(limits, (request, response) => {
    // Whoever is answered while we stop should not send the next request here.
    if (stopping) response.setHeader('connection', 'close')
    inTurn(response, async () => {
      const answer = await answerTo(http, request, response)
      // Anew with whatever is sent, and with whatever the client takes.
      response.setTimeout(unreadMs, () => response.destroy())
      await write(answer, response)
    }).catch(() => response.destroy())
  })
  server.maxConnections = mostConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.host, resolve)
  })
  return {
    url: urlOf(server, config.host),
    async close() {
      http.drain()
      stopping = true
      if (config.trustProxy > 0) await wait(noticeMs)
      await drain(server, config.shutdownTimeoutSeconds * 1000, () => http.interrupt())
    },
  }
}

/** The end of the answer that each connection is busy with. */
const busy = new WeakMap<Socket, Promise<unknown>>()

/**
 * Requests that were sent ahead on one connection are served one after the other, each once the
 * answer before it is out: hundreds of them fit into one packet, and their answers would pile up.
 */
async function inTurn(response: ServerResponse, work: () => Promise<void>): Promise<void> {
  const { socket } = response.req
  const before = busy.get(socket)
  busy.set(socket, new Promise((resolve) => response.once('close', resolve)))
  await before
  if (socket.destroyed) return
  // An answer may take its time to be made, whatever the one before it had to be sent.
  socket.setTimeout(0)
  await work()
}

async function answerTo(
  http: Http,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const answer = await http.handle(incomingOf(request, gone.signal))
  // What is left of a body that was refused: read away, or the connection would hang on it.
  if (!request.complete) request.resume()
  return answer
}

function incomingOf(request: IncomingMessage, signal: AbortSignal): Incoming {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    // Node joins repeated headers into one text, but for Set-Cookie, which no client sends.
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    peer: request.socket.remoteAddress ?? '',
    body: request.iterator({ destroyOnReturn: false }),
    signal,
  }
}

async function write({ status, headers, body }: Answer, response: ServerResponse): Promise<void> {
  if (!(body instanceof ReadableStream)) {
    // Without a length Node would answer in chunks; a 204 has none.
    const length = body !== null && { 'content-length': Buffer.byteLength(body) }
    response.writeHead(status, { ...headers, ...length })
    response.end(body ?? undefined)
    return
  }
  response.writeHead(status, headers)
  await writePieces(body, response)
  response.end()
}

/**
 * Asks for each piece once the client has room for it; one that went away gets nothing more, and the
 * stream hears of it. Rejects when the stream breaks.
 */
async function writePieces(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  const pieces = body.getReader()
  let goOn = (): void => undefined
  const leave = (): void => {
    pieces.cancel().catch(() => undefined)
    goOn()
  }
  response.on('drain', () => goOn())
  response.once('close', leave)
  if (response.destroyed) leave()
  try {
    for (;;) {
      const { done, value } = await pieces.read()
      if (done) return
      if (!response.write(value)) await new Promise<void>((resolve) => (goOn = resolve))
    }
  } catch (error) {
    // What was written last is on its way by then.
    await nextTurn()
    throw error
  }
}

/**
 * No new connections; idle ones go at once, the others when their answer is out. When patience is
 * over `interrupt` ends what it can in good order, and the rest is cut.
 */
async function drain(server: Server, patienceMs: number, interrupt: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const stop = new AbortController()
  const sweep = setInterval(() => server.closeIdleConnections(), 100)
  server.closeIdleConnections()
  const cut = async (): Promise<void> => {
    await wait(patienceMs, undefined, { signal: stop.signal })
    interrupt()
    await wait(lastWordMs, undefined, { signal: stop.signal })
    server.closeAllConnections()
  }
  await Promise.race([closed, cut().catch(() => undefined)])
  stop.abort()
  clearInterval(sweep)
  await closed
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
