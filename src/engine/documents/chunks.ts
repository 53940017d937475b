import { createHash } from 'node:crypto'
import type { LoadedDocument } from '../node/instances.ts'
import type { Chunk } from '../node/ports.ts'

/** Documents as they are kept: each text of a source once. */
export function chunksOf(documents: readonly LoadedDocument[]): Chunk[] {
  const chunks = documents
    .filter(({ pageContent }) => pageContent.trim() !== '')
    .map(({ pageContent: content, metadata, origin: source }) => ({
      hash: hashOf(content, source),
      source,
      content,
      metadata,
    }))
  return [...new Map(chunks.map((chunk) => [chunk.hash, chunk])).values()]
}

/** The same text in two files is two chunks: an answer may cite either. */
function hashOf(content: string, source: string | null): string {
  return createHash('sha256')
    .update(`${source ?? ''}\0${content}`)
    .digest('hex')
}
