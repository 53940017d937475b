import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { Failure } from '../../core/errors.ts'
import type { EgressGuard } from '../egress/guard.ts'
import type { SqlAddress } from './address.ts'

interface WireOptions {
  readonly guard: EgressGuard
  /** Ends the wire at once, whatever is under way on it. */
  readonly signal: AbortSignal
  /** Bytes that the database may send. */
  readonly maxBytes: number
}

/** PostgreSQL's request for TLS: its length, and a number in place of a version. */
const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/**
 * A connection to a database at an address that passed the guard, for the driver to speak on.
 * @throws Failure UPSTREAM when it is refused, or TLS is wanted and not there; a network error.
 */
export async function openWire(
  address: SqlAddress,
  { guard, signal, maxBytes }: WireOptions,
): Promise<Socket> {
  const { host, port, tls } = address
  guard.checkLiteral({ hostname: host, port })
  const socket = connect({ host, port, lookup: guard.lookup(port), autoSelectFamily: true })
  addAbortSignal(signal, socket)
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect')
    return tamed(tls === 'off' ? socket : await secured(socket, address), maxBytes)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function secured(socket: Socket, { host, tls }: SqlAddress): Promise<Socket> {
  socket.write(tlsRequest)
  await once(socket, 'readable')
  const answer = socket.read() as Buffer | null
  // More than the one letter came from somebody who hopes it is taken for what comes encrypted.
  if (answer?.toString('latin1') !== 'S') {
    throw new Failure('UPSTREAM', 'it does not offer the encryption that is asked for.')
  }
  const secure = connectTls({
    socket,
    host,
    rejectUnauthorized: tls === 'verified',
    ...(isIP(host) === 0 ? { servername: host } : {}),
  })
  secure.on('error', () => undefined)
  await once(secure, 'secureConnect')
  return secure
}

/**
 * The driver's listeners throw at what is no message of PostgreSQL, which unheard would end the
 * process, and keep whatever comes; here both end the wire. It is open already when the driver
 * comes to open it.
 */
function tamed(wire: Socket, maxBytes: number): Socket {
  const emit = wire.emit.bind(wire) as (event: string | symbol, ...values: unknown[]) => boolean
  let left = maxBytes
  const hear = (chunk: Buffer): boolean => {
    left -= chunk.length
    if (left < 0) throw new Failure('UPSTREAM', 'it sent more than allowed.')
    return emit('data', chunk)
  }
  return Object.assign(wire, {
    emit: (event: string | symbol, ...values: unknown[]): boolean => {
      if (event !== 'data') return emit(event, ...values)
      try {
        return hear(values[0] as Buffer)
      } catch (error) {
        const strange = new Failure('UPSTREAM', 'it does not speak PostgreSQL.')
        wire.destroy(error instanceof Failure ? error : strange)
        return true
      }
    },
    connect: (): Socket => {
      process.nextTick(() => emit('connect'))
      return wire
    },
  })
}
