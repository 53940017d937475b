import { z } from 'zod'
import { Failure } from '../../core/errors.ts'
import type { SourceDocument } from '../node/events.ts'
import { parseJson } from '../text/paths.ts'
import { callHttp } from '../tools/http-call.ts'

/** A service that says which documents fit a query best. */
export interface RerankService {
  readonly name: string
  readonly label: string
  readonly credential: string
  /** Field of the credential. */
  readonly keyField: string
  /** Field of the credential, where the service has no address of its own. */
  readonly addressField?: string
  readonly address?: string
  readonly modelName: string
  /** The service's name for how many documents are wanted. */
  readonly topName: 'top_n' | 'top_k'
  /** Documents that are wanted where the author does not say; absent: all. */
  readonly count?: number
  /** Cuts documents into pieces itself, so many at most. */
  readonly cuts: boolean
  readonly authorize: (key: string) => Readonly<Record<string, string>>
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

export const rerankServices: readonly RerankService[] = [
  {
    name: 'cohereRerankRetriever',
    label: 'Cohere Rerank Retriever',
    credential: 'cohereApi',
    keyField: 'cohereApiKey',
    address: 'https://api.cohere.ai/v1/rerank',
    modelName: 'rerank-v3.5',
    topName: 'top_n',
    cuts: true,
    authorize: bearer,
  },
  {
    name: 'voyageAIRerankRetriever',
    label: 'Voyage AI Rerank Retriever',
    credential: 'voyageAIApi',
    keyField: 'apiKey',
    address: 'https://api.voyageai.com/v1/rerank',
    modelName: 'rerank-lite-1',
    topName: 'top_k',
    cuts: false,
    authorize: bearer,
  },
  {
    name: 'JinaRerankRetriever',
    label: 'Jina AI Rerank Retriever',
    credential: 'jinaAIApi',
    keyField: 'jinaAIAPIKey',
    address: 'https://api.jina.ai/v1/rerank',
    modelName: 'jina-reranker-v2-base-multilingual',
    topName: 'top_n',
    count: 4,
    cuts: false,
    authorize: bearer,
  },
  {
    name: 'AzureRerankRetriever',
    label: 'Azure Rerank Retriever',
    credential: 'azureFoundryApi',
    keyField: 'azureFoundryApiKey',
    addressField: 'azureFoundryEndpoint',
    modelName: 'Cohere-rerank-v4.0-fast',
    topName: 'top_n',
    cuts: true,
    authorize: (key) => ({ 'api-key': key }),
  },
]

export interface Reranking {
  readonly service: RerankService
  readonly address: string
  readonly key: string
  readonly modelName: string
  readonly maxChunksPerDoc: number
}

const ranked = z.array(z.object({ index: z.number().int(), relevance_score: z.number() }))
const answer = z.union([
  z.object({ results: ranked }).transform(({ results }) => results),
  z.object({ data: ranked }).transform(({ data }) => data),
])

/**
 * The documents that fit a query best, best first, each with its `relevance_score`.
 * @throws Failure UPSTREAM when the service refuses or cannot be understood.
 */
export async function reranked(
  documents: readonly SourceDocument[],
  { query, count }: { readonly query: string; readonly count: number },
  world: Reranking & { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): Promise<SourceDocument[]> {
  if (documents.length === 0) return []
  const { service, address, key, modelName, maxChunksPerDoc, fetch, signal } = world
  const cut = { max_chunks_per_doc: maxChunksPerDoc, return_documents: false }
  const said = await callHttp(fetch, {
    url: address,
    method: 'POST',
    headers: service.authorize(key),
    body: {
      model: modelName,
      query,
      documents: documents.map(({ pageContent }) => pageContent),
      [service.topName]: count,
      ...(service.cuts ? cut : {}),
    },
    signal,
  })
  const read = answer.safeParse(parseJson(said))
  if (!read.success) throw new Failure('UPSTREAM', 'its service gave no ranking.')
  const best = read.data.toSorted((a, b) => b.relevance_score - a.relevance_score)
  return best.slice(0, count).flatMap(({ index, relevance_score }) => {
    const { pageContent, metadata } = documents[index] ?? {}
    if (pageContent === undefined) return []
    return [{ pageContent, metadata: { ...metadata, relevance_score } }]
  })
}
