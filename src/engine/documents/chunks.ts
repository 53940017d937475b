import { createHash } from 'node:crypto'
import type { LoadedDocument } from '../node/instances.ts'
import type { Chunk } from '../node/ports.ts'
import { textOf } from '../text/paths.ts'

/** Documents as they are kept; the metadata under `sourceIdKey`, if any, says what they belong to. */
export function chunksOf(documents: readonly LoadedDocument[], sourceIdKey?: string): Chunk[] {
  return documents
    .filter(({ pageContent }) => pageContent.trim() !== '')
    .map(({ pageContent: content, metadata, origin }) => {
      const named = sourceIdKey === undefined ? '' : textOf(metadata[sourceIdKey])
      const source = named === '' ? origin : named
      return { hash: hashOf(content, source), source, content, metadata }
    })
}

/** The same text in two files is two chunks: an answer may cite either. */
function hashOf(content: string, source: string | null): string {
  return createHash('sha256')
    .update(`${source ?? ''}\0${content}`)
    .digest('hex')
}
