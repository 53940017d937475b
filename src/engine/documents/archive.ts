import { inflateRawSync } from 'node:zlib'
import { caps, type DocumentFile } from '../node/load-job.ts'
import { refusal } from './detect.ts'
import { zipEntries, type ZipEntry } from './zip.ts'

/** A ZIP archive whose files are unpacked one by one. */
export interface Archive {
  readonly names: readonly string[]
  /**
   * A file of it as text; undefined when there is none of that name.
   * @throws Failure UNPROCESSABLE when all that was read is too much, or the archive is damaged.
   */
  readonly text: (name: string) => string | undefined
}

export function openArchive(file: DocumentFile): Archive {
  const archive = bufferOf(file)
  const entries = new Map([...zipEntries(archive)].map((entry) => [entry.name, entry]))
  const unpack = unpacker(file, archive)
  return {
    names: [...entries.keys()],
    text: (name) => {
      const entry = entries.get(name)
      return (
        entry &&
        unpack(entry)
          .toString('utf8')
          .replace(/^\uFEFF/, '')
      )
    },
  }
}

/** For readers that unpack by themselves: a small archive may unpack to anything. */
export function refuseBomb(file: DocumentFile): void {
  const archive = bufferOf(file)
  const unpack = unpacker(file, archive)
  let markup = 0
  for (const entry of zipEntries(archive)) {
    const { length } = unpack(entry)
    if (/\.(?:xml|rels)$/i.test(entry.name)) markup += length
    if (markup > caps.markup) throw tooLarge(file, caps.markup)
  }
}

/** Whatever sizes an archive declares, its files unpack to so much in all and no more. */
function unpacker(file: DocumentFile, archive: Buffer): (entry: ZipEntry) => Buffer {
  let left: number = caps.unpacked
  return ({ start, packed, isDeflated }) => {
    const data = archive.subarray(start, start + packed)
    const unpacked = isDeflated ? inflated(file, data, left) : data
    left -= unpacked.length
    if (left < 0) throw tooLarge(file)
    return unpacked
  }
}

function inflated(file: DocumentFile, data: Buffer, most: number): Buffer {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, most) })
  } catch (error) {
    const isTooLarge =
      error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw isTooLarge ? tooLarge(file) : refusal(file, 'UNPROCESSABLE', 'is damaged')
  }
}

function bufferOf({ bytes }: DocumentFile): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function tooLarge(file: DocumentFile, most: number = caps.unpacked) {
  return refusal(file, 'UNPROCESSABLE', `unpacks to more than ${most / 1024 ** 2} MiB`)
}
