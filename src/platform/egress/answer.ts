import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Failure } from '../../core/errors.ts'
import { drain, type Answer, type Body } from './send.ts'

/** What a body read through us no longer fits, or what is between the server and us only. */
const droppedHeaders = new Set([
  'set-cookie',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
])
/** A `Response` refuses what is above. */
const highestStatus = 599
/** They have no body, and a `Response` refuses them one. */
const bodiless = new Set([204, 205, 304])

const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
])

interface Reading {
  readonly host: string
  /** Of the body, after decompression. */
  readonly maxBytes: number
  /** What the reader is told of an error. */
  readonly failureOf: (error: unknown) => unknown
  /** Nothing more is read. */
  readonly ended: () => void
}

/** The answer as `fetch` gives it: its body counted, and without headers that no longer fit it. */
export function readableAnswer(answer: Answer, reading: Reading): Response {
  const { statusCode: status, statusText } = answer
  if (status > highestStatus) {
    answer.body.return().catch(() => undefined)
    throw new Failure('UPSTREAM', `${reading.host} answered with the status ${status}.`)
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers)) {
    if (droppedHeaders.has(name) || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one)
  }
  const shape = { status, statusText, headers }
  if (!bodiless.has(status)) return new Response(counted(decoded(answer), reading), shape)
  drain(answer.body).catch(() => undefined)
  reading.ended()
  return new Response(null, shape)
}

function decoded({ body, headers }: Answer): Body {
  const encoding = headers['content-encoding']
  const decoder = typeof encoding === 'string' && decoders.get(encoding.trim().toLowerCase())
  // What is empty is not even packed.
  if (!decoder || headers['content-length'] === '0') return body
  const encoded = Readable.from({ [Symbol.asyncIterator]: () => body }, { objectMode: false })
  // Whoever reads hears of an error by the last stream.
  const stream = pipeline(encoded, decoder(), () => undefined)
  const pieces = stream[Symbol.asyncIterator]()
  return {
    next: () => pieces.next() as ReturnType<Body['next']>,
    // Its own `return` would wait for what is being read.
    async return() {
      stream.destroy()
      return body.return()
    },
  }
}

function counted(
  pieces: Body,
  { host, maxBytes, failureOf, ended }: Reading,
): ReadableStream<Uint8Array> {
  const hangUp = (): void => void pieces.return().catch(() => undefined)
  let size = 0
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await pieces.next()
          if (done) {
            ended()
            return controller.close()
          }
          size += value.byteLength
          if (size > maxBytes) throw new Failure('UPSTREAM', `${host} sent more than allowed.`)
          return controller.enqueue(value)
        } catch (error) {
          ended()
          hangUp()
          throw failureOf(error)
        }
      },
      cancel: () => {
        ended()
        hangUp()
      },
    },
    { highWaterMark: 0 },
  )
}
