import { chosenOutput } from '../../documents/found.ts'
import {
  reranked,
  rerankServices,
  type Reranking,
  type RerankService,
} from '../../documents/rerank.ts'
import { missing, textOf } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'
import { namingNode } from '../../node/naming.ts'

/** What a retriever finds, in the order of a service that compares it with the question. */
export const rerankRetrievers: readonly NodeDefinition[] = rerankServices.map(rerankRetriever)

function rerankRetriever(service: RerankService): NodeDefinition {
  const { name, label, credential, keyField, modelName } = service
  return defineNode({
    name,
    label,
    version: 1,
    category: 'Retrievers',
    description: `Puts what was found into a better order: ${label}.`,
    credential,
    inputs: {
      baseRetriever: anchor('retriever'),
      model: text({ default: modelName }),
      query: text({ acceptVariable: true }),
      topK: number(),
      topN: number(),
      maxChunksPerDoc: number({ default: 10 }),
      [keyField]: text({ secret: true }),
    },
    build: async (inputs, context) => {
      const { baseRetriever, maxChunksPerDoc, topK, topN } = inputs
      const own = { modelName: inputs.model, maxChunksPerDoc, key: textOf(inputs, keyField) }
      const how = await rerankingOf(service, own, context)
      const retriever: Retriever = {
        ...baseRetriever,
        search: async (query, { topK: wanted, ...options } = {}) => {
          const { signal = context.signal } = options
          const found = await baseRetriever.search(query, options)
          const count = wanted || topK || topN || service.count || found.length
          const world = { ...how, fetch: context.ports.fetch, signal }
          return namingNode(context.node, () => reranked(found, { query, count }, world))
        },
      }
      return chosenOutput(retriever, inputs.query, context)
    },
  })
}

/** @throws Failure UNPROCESSABLE when key or address is missing. */
async function rerankingOf(
  service: RerankService,
  own: Pick<Reranking, 'modelName' | 'maxChunksPerDoc' | 'key'>,
  context: NodeContext,
): Promise<Reranking> {
  const { keyField, address: known, addressField = '' } = service
  const credential = await context.credential()
  const key = own.key || (credential[keyField] ?? '')
  const address = known ?? credential[addressField] ?? ''
  if (key === '') throw missing(context, `a credential with ${keyField}`)
  if (address === '') throw missing(context, `a credential with ${addressField}`)
  context.conceal(key)
  return { ...own, service, key, address }
}
