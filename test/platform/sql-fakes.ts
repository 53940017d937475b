import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { expect } from 'vitest'
import { Failure } from '../../src/core/errors.ts'

/** Every table, without its rows. */
export const all = { include: undefined, ignore: [], sampleRows: 0 }

export const accessTo = (url: string, signal = new AbortController().signal) => ({
  url,
  signal,
  who: 'The database of "Sales"',
})

/** The Failure a promise ends in; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

let stops: (() => void)[] = []

export function stopFakes(): void {
  for (const stop of stops) stop()
  stops = []
}

/** A server of our own making, until `stopFakes`; `answer` gets each connection with the first bytes it sent. */
export async function startFake(
  answer: (socket: Socket, first: Buffer) => void,
  options: { allowHalfOpen?: boolean } = {},
) {
  const sockets: Socket[] = []
  const server = createServer(options, (socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', (first: Buffer) => answer(socket, first))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const stop = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  stops.push(stop)
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Connections still open. */
    open: () => sockets.filter((socket) => !socket.closed).length,
    stop,
  }
}

/** A message of PostgreSQL's protocol. */
export function message(code: string, body: Buffer | readonly number[] = []): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(code), length, Buffer.from(body)])
}

/** An error as PostgreSQL tells it. */
export function errorMessage(code: string, words: string): Buffer {
  return message('E', Buffer.from(`SERROR\0C${code}\0M${words}\0\0`))
}

export const askPassword = message('R', [0, 0, 0, 3])
export const welcome = Buffer.concat([message('R', [0, 0, 0, 0]), message('Z', Buffer.from('I'))])

/** A certificate that nobody has signed; undefined where there is no openssl to make it. */
export function selfSigned(): { key: Buffer; cert: Buffer } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-cert-'))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(
    ' ',
  )
  try {
    execFileSync('openssl', [...args, '-subj', '/CN=x', '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } catch {
    process.stdout.write('skipped: encrypted connections to databases, there is no openssl\n')
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Grants TLS, and hands everything on to a server that speaks without. */
export function behindTls(certificate: { key: Buffer; cert: Buffer }, port: number) {
  return (socket: Socket): void => {
    socket.write('S')
    const secure = new TLSSocket(socket, { isServer: true, ...certificate })
    const far = connect(port, '127.0.0.1')
    for (const end of [secure, far]) end.on('error', () => end.destroy())
    secure.pipe(far).pipe(secure)
  }
}
