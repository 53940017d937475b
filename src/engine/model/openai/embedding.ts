import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { postJson, type Reached } from '../post.ts'
import { compatible } from './request.ts'

/** What is asked of an embedding model, whoever offers it. */
export type EmbeddingModel = Pick<
  EmbeddingModelV4,
  'maxEmbeddingsPerCall' | 'supportsParallelCalls'
> & {
  doEmbed(
    asked: Pick<
      Parameters<EmbeddingModelV4['doEmbed']>[0],
      'values' | 'abortSignal' | 'providerOptions'
    >,
  ): PromiseLike<{ readonly embeddings: readonly (readonly number[])[] }>
}

/** OpenAI's own limit. */
const maxEmbeddingsPerCall = 2048

/**
 * An embedding model in OpenAI's format. The packages for it take each number of an answer through
 * a schema, which for the vectors of a few dozen texts holds up everybody for longer than all the
 * rest of an upsert does.
 */
export function openAiEmbedding(model: string, reached: Reached): EmbeddingModel {
  return {
    maxEmbeddingsPerCall,
    supportsParallelCalls: true,
    async doEmbed({ values: input, abortSignal: signal, providerOptions }) {
      const asked = { model, input, encoding_format: 'float', ...providerOptions?.[compatible] }
      const response = await postJson('/embeddings', asked, { ...reached, signal })
      return { embeddings: readVectors(await response.json()) }
    },
  }
}

/** @throws TypeError for what is no answer in this format. */
function readVectors(answer: unknown): readonly (readonly number[])[] {
  const { data } = answer as { data: readonly { readonly embedding: unknown }[] }
  return data.map(({ embedding }) => {
    if (isVector(embedding)) return embedding
    throw new TypeError('The answer holds something else than numbers.')
  })
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((number) => typeof number === 'number')
}
