import { constants, inflateSync } from 'node:zlib'
import { caps, type DocumentFile } from '../node/load-job.ts'
import { refusal } from './detect.ts'

/** Streams may be packed more than once; nobody does so more often. */
const mostPackings = 4

/**
 * Refuses a PDF of which a stream unpacks to too much: its reader unpacks one as a whole, outside of
 * what a thread's memory is limited by.
 * @throws Failure UNPROCESSABLE naming the file.
 */
export function refuseHugeStreams(file: DocumentFile): void {
  const { buffer, byteOffset, byteLength } = file.bytes
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  for (let at = bytes.indexOf('stream'); at !== -1; at = bytes.indexOf('stream', at + 6)) {
    // After the word stands a line feed, with or without a carriage return: 7.3.8.1 of ISO 32000.
    const start = at + (bytes[at + 6] === 0x0d ? 8 : 7)
    unpack(file, bytes.subarray(start))
  }
}

function unpack(file: DocumentFile, packed: Buffer): void {
  let data = packed
  for (let packings = 0; packings < mostPackings && isZlib(data); packings += 1) {
    try {
      const how = { maxOutputLength: caps.stream, finishFlush: constants.Z_SYNC_FLUSH }
      data = inflateSync(data, how)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        const why = `holds a stream that unpacks to more than ${caps.stream / 1024 ** 2} MiB`
        throw refusal(file, 'UNPROCESSABLE', why)
      }
      // What only looks packed is its reader's to judge.
      return
    }
  }
}

/** The head of RFC 1950: Deflate, and a check digit. */
function isZlib(data: Buffer): boolean {
  return data.length > 2 && ((data[0] ?? 0) & 0x0f) === 8 && data.readUInt16BE(0) % 31 === 0
}
