import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import type { DocumentFile, SpooledFile } from '../node/load-job.ts'

/** What is looked at to tell what a file is. */
const glimpseBytes = 65_536

/** A file with its bytes. */
export async function wholeOf(file: DocumentFile | SpooledFile): Promise<DocumentFile> {
  if (!('stored' in file)) return file
  const { stored, ...facts } = file
  return { ...facts, bytes: await readFile(stored.path) }
}

/** A file with no more of its bytes than tell what it is. */
export async function glimpseOf(file: DocumentFile | SpooledFile): Promise<DocumentFile> {
  if (!('stored' in file) || file.stored.size <= 2 * glimpseBytes) return wholeOf(file)
  const { stored, ...facts } = file
  const handle = await open(stored.path)
  try {
    const head = Buffer.alloc(glimpseBytes)
    await handle.read(head, 0, glimpseBytes, 0)
    if (!head.toString('latin1', 0, 2).startsWith('PK')) return { ...facts, bytes: head }
    // An archive lists what it holds at its end.
    const tail = Buffer.alloc(glimpseBytes)
    await handle.read(tail, 0, glimpseBytes, stored.size - glimpseBytes)
    return { ...facts, bytes: Buffer.concat([head, tail]) }
  } finally {
    await handle.close()
  }
}

/** Its size in bytes. */
export function sizeOf(file: DocumentFile | SpooledFile): number {
  return 'stored' in file ? file.stored.size : file.bytes.length
}

/** A text on disk, piece by piece. */
export async function* textOf({ stored }: SpooledFile, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  const pieces = createReadStream(stored.path, { highWaterMark: 262_144 })
  for await (const piece of pieces) yield decoder.decode(piece as Buffer, { stream: true })
  yield decoder.decode()
}
