import { createEmbedder, type EmbeddingSpec } from '../../model/embedder.ts'
import { embeddingProviders, type EmbeddingProvider } from '../../model/embedding-providers.ts'
import { addressInputs, missing, present, reachOf, textOf } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'
import { azureBase, azurePlace } from '../chat-models/chat-azure.ts'

export const embeddingNodes: readonly NodeDefinition[] = embeddingProviders.map(nodeOf)

function nodeOf(row: EmbeddingProvider): NodeDefinition {
  const { name, label, aliases = [], credential, keyField } = row
  return defineNode({
    name,
    label,
    aliases,
    credential,
    version: 1,
    category: 'Embeddings',
    description: `Turns texts into vectors: ${label}.`,
    inputs: {
      ...addressInputs,
      [keyField]: text({ secret: true }),
      modelName: text(),
      stripNewLines: bool({ default: false }),
      batchSize: number({ default: 64 }),
      timeout: number(),
      dimensions: number(),
      modelDimensions: number(),
      tasktype: text(),
    },
    build: async (inputs, context) => {
      const apiKey = textOf(inputs, keyField)
      const { modelName = inputs.modelName, ...place } = await placeOf(row, context)
      const reach = await reachOf(inputs, { ...row, ...place, apiKey }, context)
      if (reach.baseUrl === '') throw missing(context, 'the name of its Azure instance')
      const { api, apiVersion } = place
      const spec = {
        ...reach,
        ...settingsOf(inputs),
        ...present({ apiVersion }),
        api,
        baseUrl: api === 'azure' ? azureBase(reach.baseUrl) : reach.baseUrl,
        modelName: modelName || (row.modelName ?? ''),
      }
      return createEmbedder(spec, { fetch: context.ports.fetch, signal: context.signal })
    },
  })
}

interface Place {
  readonly api: NonNullable<EmbeddingProvider['api']>
  readonly needsKey: boolean
  readonly path: string
  readonly baseUrl: string | undefined
  readonly apiVersion?: string
  readonly modelName?: string
}

/** Where the model is; of an Azure model the credential says so. */
async function placeOf(row: EmbeddingProvider, context: NodeContext): Promise<Place> {
  const { api = 'openai-compatible', needsKey = true, path = '/v1', baseUrl } = row
  if (api !== 'azure') return { api, needsKey, path, baseUrl }
  const place = await azurePlace(context)
  const { deployment, apiVersion } = place
  const named = deployment === '' ? {} : { modelName: deployment }
  return { api, needsKey, path, apiVersion, baseUrl: place.baseUrl ?? '', ...named }
}

function settingsOf(inputs: {
  readonly batchSize: number
  readonly stripNewLines: boolean
  readonly dimensions: number | undefined
  readonly modelDimensions: number | undefined
  readonly tasktype: string
  readonly timeout: number | undefined
}): Pick<EmbeddingSpec, 'batchSize' | 'stripNewLines' | 'timeoutMs' | 'providerOptions'> {
  const { batchSize, stripNewLines, modelDimensions, tasktype, timeout: timeoutMs } = inputs
  const dimensions = inputs.dimensions ?? modelDimensions
  const purpose = tasktype === 'TASK_TYPE_UNSPECIFIED' ? '' : tasktype
  return {
    stripNewLines,
    batchSize: Math.max(1, Math.min(batchSize, 512)),
    providerOptions: optionsOf(dimensions, purpose),
    ...present({ timeoutMs }),
  }
}

/** Each provider's package reads its own. */
function optionsOf(dimensions: number | undefined, purpose: string) {
  const own = dimensions === undefined ? {} : { dimensions }
  const google = {
    ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
    ...(purpose === '' ? {} : { taskType: purpose }),
  }
  return { openai: own, azure: own, compatible: own, google }
}
