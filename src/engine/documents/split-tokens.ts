import type { SourceDocument } from '../node/events.ts'
import type { Splitter } from '../node/instances.ts'

/** The tables are several megabytes each, so only the one that is asked for is loaded. */
const tables = {
  gpt2: () => import('js-tiktoken/ranks/gpt2'),
  r50k_base: () => import('js-tiktoken/ranks/r50k_base'),
  p50k_base: () => import('js-tiktoken/ranks/p50k_base'),
  p50k_edit: () => import('js-tiktoken/ranks/p50k_edit'),
  cl100k_base: () => import('js-tiktoken/ranks/cl100k_base'),
  o200k_base: () => import('js-tiktoken/ranks/o200k_base'),
}

/** Cuts at so many tokens of a model's own alphabet. */
export async function splitTokens(
  documents: readonly SourceDocument[],
  { chunkSize, chunkOverlap, encoding = 'gpt2' }: Splitter,
): Promise<SourceDocument[]> {
  const { Tiktoken } = await import('js-tiktoken/lite')
  const load = encoding in tables ? tables[encoding as keyof typeof tables] : tables.gpt2
  const table = new Tiktoken((await load()).default)
  const step = Math.max(1, chunkSize - chunkOverlap)
  return documents.flatMap(({ pageContent, metadata }) => {
    // The second and third list are of special words: in a document they are words like others.
    const tokens = table.encode(pageContent, [], [])
    const pieces: SourceDocument[] = []
    for (let from = 0; from < tokens.length; from += step) {
      const text = table.decode(tokens.slice(from, from + chunkSize))
      pieces.push({ pageContent: text, metadata })
      if (from + chunkSize >= tokens.length) break
    }
    return pieces
  })
}
