import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import {
  anchor,
  anchors,
  bool,
  json,
  number,
  optionalAnchor,
  options,
  text,
  type InputsOf,
} from '../node/inputs.ts'
import type { RecordManager } from '../node/instances.ts'
import type { VectorPlace } from '../node/ports.ts'
import { ownerOf } from './services/points.ts'
import type { VectorService } from './services/service.ts'
import { serviceStore } from './services/writer.ts'
import { ownStore, withChat, type ChunkStore, type StoreSpec } from './store.ts'

/** What tells one kind of vector store node from the next. */
export interface StoreKind {
  readonly name: string
  /** Inputs that together name the place within the service. */
  readonly names: readonly (keyof typeof placeInputs)[]
  readonly filter?: keyof typeof filterInputs
  /** Keeps the chunks where the node has a credential or an address for it. */
  readonly service?: VectorService
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
  supabaseMetadataFilter: json(),
  metadataFilter: json(),
}

/** Filters in a service's own words. */
const foreignFilters = {
  milvusFilter: text(),
  supabaseRPCFilter: text(),
  upstashMetadataFilter: text(),
  weaviateFilter: json(),
}

/** What all of them have. */
export const storeInputs = {
  document: anchors('documents'),
  embeddings: anchor('embedder'),
  model: optionalAnchor('chatModel'),
  recordManager: optionalAnchor('recordManager'),
  topK: number({ default: 4 }),
  searchType: options(['similarity', 'mmr'], { default: 'similarity' }),
  fetchK: number({ default: 20 }),
  lambda: number({ default: 0.5 }),
  scoreThreshold: number({ default: -1 }),
  fileUpload: bool({ default: false }),
  ...placeInputs,
  ...filterInputs,
  ...foreignFilters,
}

type Values = InputsOf<typeof storeInputs>

/**
 * Chunks that are kept here are told apart by equal values only. Without its filter a flow would
 * show what its author keeps out.
 * @throws Failure UNPROCESSABLE for a filter of another kind.
 */
export function refuseForeignFilter(values: Values, node: FlowNode): void {
  const { milvusFilter, supabaseRPCFilter, upstashMetadataFilter, weaviateFilter } = values
  const isNone = Object.keys(weaviateFilter).length === 0
  const texts = { milvusFilter, supabaseRPCFilter, upstashMetadataFilter }
  const drawn = Object.entries(texts).find(([, filter]) => filter.trim() !== '')
  const name = drawn?.[0] ?? (isNone ? undefined : 'weaviateFilter')
  if (name === undefined) return
  const why = `its chunks are kept here, where its input "${name}" cannot be read`
  throw new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: ${why}.`)
}

/** The store that a node stands for, and how it is filled and searched. */
export async function specOf(
  row: StoreKind,
  values: Values,
  context: NodeContext,
): Promise<StoreSpec> {
  const { embeddings, model, topK, searchType, fetchK, lambda, scoreThreshold } = values
  const place = placeOf(row, values, context)
  const { store, filter } = await storeAt(place, row, { values, context })
  return {
    store: values.fileUpload ? withUploads(store, place, context) : store,
    filter,
    ...cleanupOf(values.recordManager),
    embedder: embeddings,
    ...(model === undefined ? {} : { model }),
    topK: Math.floor(topK),
    minScore: scoreThreshold > 1 ? scoreThreshold / 100 : scoreThreshold,
    ...(searchType === 'mmr' ? { diversity: { fetchK: Math.min(fetchK, 200), lambda } } : {}),
  }
}

/** A store that names no place of its own is a place of its own. */
function placeOf({ name, names }: StoreKind, values: Values, context: NodeContext): VectorPlace {
  const words = names.map((word) => values[word]).filter((word) => word !== '')
  const namespace = words.length === 0 ? context.node.id : [name, ...words].join('/')
  return { owner: context.owner, namespace }
}

/** The store itself, and the filter of searches in it. */
async function storeAt(
  place: VectorPlace,
  { filter, service }: StoreKind,
  { values, context }: { readonly values: Values; readonly context: NodeContext },
): Promise<Pick<StoreSpec, 'store' | 'filter'>> {
  const { vectors } = context.ports
  const collection = await service?.connect(values, context)
  if (collection === undefined) {
    const drawn = filter === undefined ? values.metadataFilter : values[filter]
    return { store: ownStore(vectors, place), filter: drawn }
  }
  // An empty namespace of our own keeps upserts of several servers apart.
  const turns = { ...place, namespace: `turn/${place.namespace}` }
  const model = collection.service
  const store = serviceStore(collection, {
    owner: ownerOf(place.owner.id),
    takeTurn: (signal) => vectors.open(turns, { model, signal }),
  })
  return { store, filter: collection.filter }
}

/** Where the author lets people upload files to their chats, each finds its own as well, kept here. */
function withUploads(
  store: ChunkStore,
  place: VectorPlace,
  { ports, input }: NodeContext,
): ChunkStore {
  const chats = ownStore(ports.vectors, { ...place, ofChat: true })
  return withChat(store, chats, input.forChat === true)
}

const cleanups = { none: 'none', incremental: 'sources', full: 'namespace' } as const

/** Without a record manager a newer file replaces what an older one of its name gave. */
function cleanupOf(manager: RecordManager | undefined): Pick<StoreSpec, 'cleanup' | 'sourceIdKey'> {
  if (manager === undefined) return { cleanup: 'sources' }
  return { cleanup: cleanups[manager.cleanup], sourceIdKey: manager.sourceIdKey }
}
