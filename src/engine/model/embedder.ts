import { Failure } from '../../core/errors.ts'
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
import { loadEmbedding, loadSdk } from './provider.ts'

/** For providers that take one text at a time. */
const maxParallelCalls = 8

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
      const vectors: (readonly number[])[] = []
      for (let from = 0; from < clean.length; from += spec.batchSize) {
        const batch = clean.slice(from, from + spec.batchSize)
        vectors.push(...(await embedBatch(spec, { ...world, ...(signal && { signal }) }, batch)))
      }
      return vectors
    },
  }
}

async function embedBatch(
  spec: EmbeddingSpec,
  world: ModelWorld,
  values: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const who = `The provider of ${nodeTitle(spec.node)}`
  const ms = spec.timeoutMs ?? limits.model
  const late = () => new Failure('TIMEOUT', `${who} did not answer within ${ms / 1000} s.`)
  return withinLimit({ ms, signals: [world.signal], late }, async (abortSignal) => {
    try {
      const { embedMany } = await loadSdk()
      const { embeddings } = await embedMany({
        model: await loadEmbedding(spec, world.fetch),
        values: [...values],
        maxRetries: 2,
        maxParallelCalls,
        abortSignal,
        providerOptions: spec.providerOptions,
      })
      if (embeddings.length !== values.length) {
        throw new Failure('UPSTREAM', `${who} gave fewer vectors than texts.`)
      }
      return embeddings
    } catch (error) {
      throw abortSignal.aborted ? error : await providerFailure(error, who)
    }
  })
}
