import { fillStore, loadAll, selfFilling } from '../../documents/fill.ts'
import { retrieverOf, vectorStoreOf } from '../../documents/search.ts'
import { ownStore, type StoreSpec } from '../../documents/store.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import {
  anchor,
  anchors,
  json,
  number,
  optionalAnchor,
  options,
  text,
  type InputsOf,
} from '../../node/inputs.ts'
import type { RecordManager } from '../../node/instances.ts'

interface StoreRow {
  readonly name: string
  readonly label: string
  readonly aliases?: readonly string[]
  /** Inputs that together name the place within the service. */
  readonly names: readonly (keyof typeof placeInputs)[]
  readonly filter?: keyof typeof filterInputs
}

const placeInputs = {
  pineconeIndex: text(),
  pineconeNamespace: text(),
  basePath: text(),
  tableName: text(),
  collectionName: text(),
  qdrantCollection: text(),
  namespace: text(),
  indexName: text(),
}

const filterInputs = {
  pineconeMetadataFilter: json(),
  pgMetadataFilter: json(),
  chromaMetadataFilter: json(),
  metadataFilter: json(),
}

const inputs = {
  document: anchors('documents'),
  embeddings: anchor('embedder'),
  model: optionalAnchor('chatModel'),
  recordManager: optionalAnchor('recordManager'),
  topK: number({ default: 4 }),
  searchType: options(['similarity', 'mmr'], { default: 'similarity' }),
  fetchK: number({ default: 20 }),
  lambda: number({ default: 0.5 }),
  scoreThreshold: number({ default: -1 }),
  ...placeInputs,
  ...filterInputs,
}

const rows: readonly StoreRow[] = [
  { name: 'memoryVectorStore', label: 'In-Memory Vector Store', names: [] },
  { name: 'faiss', label: 'Faiss', names: ['basePath'] },
  {
    name: 'pinecone',
    label: 'Pinecone',
    aliases: ['pineconeLlamaIndex'],
    names: ['pineconeIndex', 'pineconeNamespace'],
    filter: 'pineconeMetadataFilter',
  },
  { name: 'postgres', label: 'Postgres', names: ['tableName'], filter: 'pgMetadataFilter' },
  {
    name: 'chroma',
    label: 'Chroma',
    names: ['collectionName'],
    filter: 'chromaMetadataFilter',
  },
  { name: 'qdrant', label: 'Qdrant', names: ['qdrantCollection'] },
  { name: 'supabase', label: 'Supabase', names: ['tableName'] },
  { name: 'milvus', label: 'Milvus', names: ['collectionName'] },
  { name: 'weaviate', label: 'Weaviate', names: ['indexName'] },
  { name: 'upstash', label: 'Upstash Vector', names: [] },
  { name: 'elasticsearch', label: 'Elasticsearch', names: ['indexName'] },
  { name: 'redis', label: 'Redis', names: ['indexName'] },
  {
    name: 'simpleStore',
    label: 'SimpleStore',
    aliases: ['simpleStoreLlamaIndex'],
    names: ['basePath'],
  },
]

/** Whatever service a flow was drawn for, its chunks are kept here. */
export const vectorStores: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf(row: StoreRow): NodeDefinition {
  const { name, label, aliases = [] } = row
  return defineNode({
    name,
    label,
    aliases,
    version: 1,
    category: 'Vector Stores',
    description: `Keeps chunks with their vectors: ${label}.`,
    inputs,
    build: async (values, context) => {
      const spec = specOf(row, values, context)
      const make = context.node.output === 'vectorStore' ? vectorStoreOf : retrieverOf
      // Where flows come from it lives in memory, and is made anew from its loaders each time.
      const isOwn = name === 'memoryVectorStore'
      const store = isOwn ? selfFilling(spec, values.document, context) : spec.store
      return make({ ...spec, store }, context)
    },
    upsert: async (values, context) =>
      fillStore(loadAll(values.document), specOf(row, values, context), context),
  })
}

function specOf(row: StoreRow, values: InputsOf<typeof inputs>, context: NodeContext): StoreSpec {
  const { embeddings, model, topK, searchType, fetchK, lambda, scoreThreshold } = values
  const names = row.names.map((name) => values[name]).filter((word) => word !== '')
  // A store that names no place of its own is a place of its own.
  const namespace = names.length === 0 ? context.node.id : [row.name, ...names].join('/')
  return {
    store: ownStore(context.ports.vectors, { owner: context.owner, namespace }),
    ...cleanupOf(values.recordManager),
    embedder: embeddings,
    ...(model === undefined ? {} : { model }),
    topK: Math.floor(topK),
    filter: row.filter === undefined ? values.metadataFilter : values[row.filter],
    minScore: scoreThreshold > 1 ? scoreThreshold / 100 : scoreThreshold,
    ...(searchType === 'mmr' ? { diversity: { fetchK: Math.min(fetchK, 200), lambda } } : {}),
  }
}

const cleanups = { none: 'none', incremental: 'sources', full: 'namespace' } as const

/** Without a record manager a newer file replaces what an older one of its name gave. */
function cleanupOf(manager: RecordManager | undefined): Pick<StoreSpec, 'cleanup' | 'sourceIdKey'> {
  if (manager === undefined) return { cleanup: 'sources' }
  return { cleanup: cleanups[manager.cleanup], sourceIdKey: manager.sourceIdKey }
}
