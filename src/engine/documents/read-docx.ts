import { inflateRawSync } from 'node:zlib'
import type { SourceDocument } from '../node/events.ts'
import { caps, type DocumentFile } from '../node/load-job.ts'
import { refusal } from './detect.ts'

export async function readDocx(file: DocumentFile): Promise<SourceDocument[]> {
  const buffer = Buffer.from(file.bytes)
  refuseBomb(file, buffer)
  const { default: mammoth } = await import('mammoth')
  const { value } = await mammoth.extractRawText({ buffer })
  return [{ pageContent: value, metadata: {} }]
}

/** A small archive may unpack to anything, whatever sizes it declares, so it is tried first. */
function refuseBomb(file: DocumentFile, archive: Buffer): void {
  let left: number = caps.unpacked
  for (const entry of entriesOf(archive)) {
    const data = archive.subarray(entry.start, entry.start + entry.packed)
    left -= entry.isDeflated ? unpackedSize(file, data, left) : entry.packed
    if (left < 0) throw tooLarge(file)
  }
}

function unpackedSize(file: DocumentFile, data: Buffer, most: number): number {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, most) }).length
  } catch (error) {
    const isTooLarge =
      error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw isTooLarge ? tooLarge(file) : refusal(file, 'UNPROCESSABLE', 'is damaged')
  }
}

interface Entry {
  readonly start: number
  readonly packed: number
  readonly isDeflated: boolean
}

/** The entries of the central directory: APPNOTE.TXT 4.3.12. */
function* entriesOf(archive: Buffer): Generator<Entry> {
  const end = archive.lastIndexOf('PK\u0005\u0006')
  if (end < 0 || end + 20 > archive.length) throw new Error('no directory')
  let at = archive.readUInt32LE(end + 16)
  while (at + 46 <= end && archive.readUInt32LE(at) === 0x02014b50) {
    const local = archive.readUInt32LE(at + 42)
    yield {
      start: local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28),
      packed: archive.readUInt32LE(at + 20),
      isDeflated: archive.readUInt16LE(at + 10) === 8,
    }
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset))
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
}

function tooLarge(file: DocumentFile) {
  return refusal(file, 'UNPROCESSABLE', `unpacks to more than ${caps.unpacked / 1024 ** 2} MiB`)
}
