import { fillStore, loadAll, selfFilling } from '../../documents/fill.ts'
import { retrieverOf, vectorStoreOf } from '../../documents/search.ts'
import { chroma } from '../../documents/services/chroma.ts'
import { pinecone } from '../../documents/services/pinecone.ts'
import { qdrant } from '../../documents/services/qdrant.ts'
import {
  refuseForeignFilter,
  specOf,
  storeInputs,
  type StoreKind,
} from '../../documents/store-node.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'

interface StoreRow extends StoreKind {
  readonly label: string
  /**
   * Once there were two nodes for a store, of which one filled it. One that found what others had
   * put into a store that is kept here has no such name: it would find nothing.
   */
  readonly aliases?: readonly string[]
}

const rows: readonly StoreRow[] = [
  { name: 'memoryVectorStore', label: 'In-Memory Vector Store', names: [] },
  { name: 'faiss', label: 'Faiss', aliases: ['faissUpsert'], names: ['basePath'] },
  {
    name: 'pinecone',
    label: 'Pinecone',
    aliases: ['pineconeLlamaIndex', 'pineconeExistingIndex', 'pineconeUpsert'],
    names: ['pineconeIndex', 'pineconeNamespace'],
    filter: 'pineconeMetadataFilter',
    service: pinecone,
  },
  {
    name: 'postgres',
    label: 'Postgres',
    aliases: ['postgresUpsert'],
    names: ['tableName'],
    filter: 'pgMetadataFilter',
  },
  {
    name: 'chroma',
    label: 'Chroma',
    aliases: ['chromaExistingIndex', 'chromaUpsert'],
    names: ['collectionName'],
    filter: 'chromaMetadataFilter',
    service: chroma,
  },
  {
    name: 'qdrant',
    label: 'Qdrant',
    aliases: ['qdrantExistingIndex', 'qdrantUpsert'],
    names: ['qdrantCollection'],
    service: qdrant,
  },
  {
    name: 'supabase',
    label: 'Supabase',
    aliases: ['supabaseUpsert'],
    names: ['tableName'],
    filter: 'supabaseMetadataFilter',
  },
  { name: 'milvus', label: 'Milvus', aliases: ['milvusUpsert'], names: ['collectionName'] },
  { name: 'weaviate', label: 'Weaviate', aliases: ['weaviateUpsert'], names: ['indexName'] },
  { name: 'upstash', label: 'Upstash Vector', names: [] },
  {
    name: 'elasticsearch',
    label: 'Elasticsearch',
    aliases: ['ElasticsearchUpsert'],
    names: ['indexName'],
  },
  { name: 'redis', label: 'Redis', aliases: ['RedisUpsert'], names: ['indexName'] },
  {
    name: 'simpleStore',
    label: 'SimpleStore',
    aliases: ['simpleStoreLlamaIndex'],
    names: ['basePath'],
  },
]

/** Chunks with their vectors: with the service a flow was drawn for, or else here. */
export const vectorStores: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf(row: StoreRow): NodeDefinition {
  const { name, label, aliases = [], service } = row
  return defineNode({
    name,
    label,
    aliases,
    version: 1,
    category: 'Vector Stores',
    description: `Keeps chunks with their vectors: ${label}.`,
    ...(service === undefined ? {} : { credential: service.credential }),
    inputs: { ...storeInputs, ...service?.inputs },
    check: refuseForeignFilter,
    build: async (values, context) => {
      const spec = await specOf(row, values, context)
      const make = context.node.output === 'vectorStore' ? vectorStoreOf : retrieverOf
      // Where flows come from it lives in memory, and is made anew from its loaders each time.
      const isOwn = name === 'memoryVectorStore'
      const store = isOwn ? selfFilling(spec, values.document, context) : spec.store
      return make({ ...spec, store }, context)
    },
    upsert: async (values, context) =>
      fillStore(loadAll(values.document), await specOf(row, values, context), context),
  })
}
