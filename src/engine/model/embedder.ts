import { Failure } from '../../core/errors.ts'
import { mapParallel } from '../../core/parallel.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { Embedder } from '../node/instances.ts'
import { limits, withinLimit } from '../node/limits.ts'
import {
  checkAddress,
  type ModelSpec,
  type ModelWorld,
  type ProviderOptions,
} from './chat-model.ts'
import { providerFailure } from './failure.ts'
import { fingerprint } from './fingerprint.ts'
import type { EmbeddingModel } from './openai/embedding.ts'
import { loadEmbedding } from './provider.ts'
import { withRetries } from './retry.ts'

const maxRetries = 2
/** Reading more vectors than these from one answer would hold up others. */
const mostTexts = 32
/** Calls at once: one is on its way while the other's vectors are read. */
const maxCalls = 2
/** Of providers that take one text at a time. */
const maxSingleCalls = 8

export interface EmbeddingSpec extends Pick<
  ModelSpec,
  'node' | 'api' | 'modelName' | 'baseUrl' | 'apiKey' | 'headers' | 'apiVersion' | 'aws'
> {
  /** Texts sent at once. */
  readonly batchSize: number
  readonly stripNewLines: boolean
  readonly timeoutMs?: number
  readonly providerOptions: ProviderOptions
}

/**
 * A handle on a provider's embedding model; nothing is loaded or sent before the first `embed`.
 * @throws Failure UNPROCESSABLE when the base URL is no http URL.
 */
export function createEmbedder(spec: EmbeddingSpec, world: ModelWorld): Embedder {
  checkAddress(spec)
  const { node: _node, ...settings } = spec
  return {
    kind: 'embedder',
    modelName: spec.modelName,
    fingerprint: fingerprint(settings),
    embed: async (texts, signal) => {
      const clean = spec.stripNewLines ? texts.map((text) => text.replaceAll('\n', ' ')) : texts
      return embedAll(spec, { ...world, ...(signal && { signal }) }, clean)
    },
  }
}

/** Every call has the provider's time limit of its own. */
async function embedAll(
  spec: EmbeddingSpec,
  world: ModelWorld,
  texts: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const model = await loadEmbedding(spec, world.fetch)
  const most = (await model.maxEmbeddingsPerCall) ?? Infinity
  const size = Math.min(spec.batchSize, most, mostTexts)
  const atOnce = (await model.supportsParallelCalls) ? (most === 1 ? maxSingleCalls : maxCalls) : 1
  const batches: (readonly string[])[] = []
  for (let from = 0; from < texts.length; from += size) batches.push(texts.slice(from, from + size))
  const embed = (values: readonly string[], signal: AbortSignal) =>
    embedBatch(spec, { model, signal, values })
  const vectors = await mapParallel(batches, { atOnce, signal: world.signal }, embed)
  return vectors.flat()
}

async function embedBatch(
  spec: EmbeddingSpec,
  {
    model,
    signal,
    values,
  }: { model: EmbeddingModel; signal: AbortSignal; values: readonly string[] },
): Promise<readonly (readonly number[])[]> {
  const who = `The provider of ${nodeTitle(spec.node)}`
  const ms = spec.timeoutMs ?? limits.model
  const late = () => new Failure('TIMEOUT', `${who} did not answer within ${ms / 1000} s.`)
  return withinLimit({ ms, signals: [signal], late }, async (abortSignal) => {
    try {
      const { providerOptions } = spec
      const call = () => model.doEmbed({ values: [...values], abortSignal, providerOptions })
      const { embeddings } = await withRetries(maxRetries, abortSignal, call)
      if (embeddings.length !== values.length) {
        throw new Failure('UPSTREAM', `${who} gave fewer vectors than texts.`)
      }
      return embeddings
    } catch (error) {
      throw abortSignal.aborted ? error : providerFailure(error, who)
    }
  })
}
