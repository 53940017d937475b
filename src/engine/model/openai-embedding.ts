import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { createJsonErrorResponseHandler, postJsonToApi } from '@ai-sdk/provider-utils'
import { z } from 'zod'

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

export interface OpenAiEmbedding {
  readonly modelName: string
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
}

/** OpenAI's own limit. */
const maxEmbeddingsPerCall = 2048

/**
 * An embedding model in OpenAI's format. The packages for it take each number of an answer through
 * a schema, which for the vectors of a few dozen texts holds up everybody for longer than all the
 * rest of an upsert does.
 */
export function openAiEmbedding(
  { modelName, baseUrl, headers }: OpenAiEmbedding,
  fetch: typeof globalThis.fetch,
): EmbeddingModel {
  return {
    maxEmbeddingsPerCall,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, providerOptions }) {
      const { value: embeddings } = await postJsonToApi({
        url: `${baseUrl}/embeddings`,
        headers: { ...headers },
        body: {
          model: modelName,
          input: values,
          encoding_format: 'float',
          ...providerOptions?.['compatible'],
        },
        failedResponseHandler: readError,
        successfulResponseHandler: async ({ response }) => ({
          value: readVectors(await response.json()),
        }),
        ...(abortSignal && { abortSignal }),
        fetch,
      })
      return { embeddings }
    },
  }
}

const readError = createJsonErrorResponseHandler({
  errorSchema: z.object({ error: z.object({ message: z.string() }) }),
  errorToMessage: ({ error }) => error.message,
})

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
