import { Failure } from '../../core/errors.ts'
import type { Embedder } from '../node/instances.ts'
import type { Chunk, ChunkBatch } from '../node/ports.ts'

/** Texts that are embedded between two looks at whether somebody still wants them. */
const textsAtOnce = 256

/** The chunks with vectors where they are not known. @throws Failure UPSTREAM or TIMEOUT. */
export async function embedChunks(
  chunks: readonly Chunk[],
  known: ReadonlySet<string>,
  { embedder, signal }: { readonly embedder: Embedder; readonly signal: AbortSignal },
): Promise<ChunkBatch['chunks']> {
  const unknown = chunks.filter(({ hash }) => !known.has(hash))
  const vectors = new Map<string, readonly number[]>()
  for (let from = 0; from < unknown.length; from += textsAtOnce) {
    signal.throwIfAborted()
    const batch = unknown.slice(from, from + textsAtOnce)
    const texts = batch.map(({ content }) => content)
    const made = await embedder.embed(texts, signal)
    for (const [index, { hash }] of batch.entries()) vectors.set(hash, needVector(made[index]))
  }
  return chunks.map((chunk) => {
    const vector = vectors.get(chunk.hash)
    return vector === undefined ? chunk : { ...chunk, vector }
  })
}

/** The vector of one text. @throws Failure UPSTREAM or TIMEOUT. */
export async function embedText(
  text: string,
  embedder: Embedder,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const [vector] = await embedder.embed([text], signal)
  return needVector(vector)
}

function needVector(vector: readonly number[] | undefined): readonly number[] {
  if (vector !== undefined && vector.length > 0) return vector
  throw new Failure('UPSTREAM', 'The embeddings node gave no vector for a text.')
}
