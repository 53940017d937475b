import { cosine, holds, ok, refused, serve, type Answer, type Call, type Drawing } from './fake.ts'

type Metadata = Readonly<Record<string, unknown>>

interface Entry {
  readonly embedding: readonly number[]
  readonly document: string
  metadata: Metadata
}

interface Collection {
  readonly id: string
  readonly space: string
  readonly entries: Map<string, Entry>
}

/** Chroma's API of version 2; the one of aimock speaks version 1, which Chroma has given up. */
export const chroma: Drawing = {
  name: 'chroma',
  address: 'chromaURL',
  filter: 'chromaMetadataFilter',
  inputs: (url) => ({ chromaURL: url, collectionName: 'docs' }),
  native: (town) => ({ 'shop.town': { $in: [town, 'Nowhere'] } }),
  credential: (chromaApiKey) => ({
    credentialName: 'chromaApi',
    plainDataObj: { chromaApiKey, chromaTenant: 'tenant-1', chromaDatabase: 'shop data' },
  }),
  writes: ({ path }) => path.endsWith('/upsert'),
  removes: ({ path }) => path.endsWith('/delete'),
  start: async () => {
    const collections = new Map<string, Collection>()
    return serve('Chroma', {
      keyHeader: 'x-chroma-token',
      reset: () => collections.clear(),
      kept: () =>
        new Map(
          [...(collections.get('docs')?.entries ?? [])].map(([id, entry]) => [
            id,
            { vector: entry.embedding, content: entry.document, metadata: entry.metadata },
          ]),
        ),
      answer: (call) => answer(call, collections),
    })
  },
}

function answer(call: Call, collections: Map<string, Collection>): Answer {
  const [, named, what = ''] =
    /^\/api\/v2\/tenants\/[^/]+\/databases\/[^/]+\/collections\/?([^/]*)\/?(.*)$/.exec(call.path) ??
    []
  if (named === undefined) return refused(404, 'Not found')
  if (call.method === 'POST' && named === '') return create(call.body, collections)
  if (call.method === 'GET') {
    const found = collections.get(named)
    if (found === undefined) return refused(404, `Collection [${named}] does not exist`)
    return ok(shown(found))
  }
  const collection = [...collections.values()].find(({ id }) => id === named)
  if (collection === undefined) return refused(404, 'Collection does not exist')
  return inside(what, call.body, collection)
}

function create(body: Call['body'], collections: Map<string, Collection>): Answer {
  const { name, configuration } = body as {
    name: string
    configuration?: { hnsw?: { space?: string } }
  }
  const known = collections.get(name)
  const space = configuration?.hnsw?.space ?? 'l2'
  const made = known ?? { id: `id-of-${name}`, space, entries: new Map<string, Entry>() }
  collections.set(name, made)
  return ok(shown(made))
}

function shown({ id, space, entries }: Collection) {
  const [first] = entries.values()
  const configuration_json = { hnsw: { space }, spann: null }
  return { id, configuration_json, metadata: null, dimension: first?.embedding.length ?? null }
}

function inside(what: string, body: Call['body'], collection: Collection): Answer {
  const { entries } = collection
  const ids = body['ids'] as string[]
  switch (what) {
    case 'upsert':
      return upsert(body, entries)
    case 'update': {
      const sent = body['metadatas'] as Metadata[]
      for (const [at, id] of ids.entries()) {
        const entry = entries.get(id)
        if (entry !== undefined) entry.metadata = merged(entry.metadata, sent[at] ?? {})
      }
      return ok({})
    }
    case 'delete':
      for (const id of ids) entries.delete(id)
      return ok({})
    case 'get':
      return get(body, entries)
    case 'query':
      return query(body, collection)
    default:
      return refused(404, 'Not found')
  }
}

/** What is named as null goes, what is not named stays. */
function merged(before: Metadata, after: Metadata): Metadata {
  const both = Object.entries({ ...before, ...after })
  return Object.fromEntries(both.filter(([, value]) => value !== null))
}

function upsert(body: Call['body'], entries: Map<string, Entry>): Answer {
  const { ids, embeddings, documents, metadatas } = body as {
    ids: string[]
    embeddings: number[][]
    documents: string[]
    metadatas: Metadata[]
  }
  const isFlat = (metadata: Metadata) =>
    Object.values(metadata).every((value) => typeof value !== 'object')
  if (!metadatas.every(isFlat)) return refused(422, 'did not match any variant')
  for (const [at, id] of ids.entries()) {
    entries.set(id, {
      embedding: embeddings[at] ?? [],
      document: documents[at] ?? '',
      metadata: metadatas[at] ?? {},
    })
  }
  return ok({})
}

function get(body: Call['body'], entries: ReadonlyMap<string, Entry>): Answer {
  const {
    ids,
    where,
    offset = 0,
    limit = 1000,
    include,
  } = body as {
    ids?: string[]
    where?: Metadata
    offset?: number
    limit?: number
    include: string[]
  }
  const found = [...entries]
    .filter(([id, { metadata }]) => (ids?.includes(id) ?? true) && holds(where, metadata))
    .slice(offset, offset + limit)
  const metadatas = include.includes('metadatas') ? found.map(([, at]) => at.metadata) : null
  return ok({ ids: found.map(([id]) => id), metadatas })
}

function query(body: Call['body'], { space, entries }: Collection): Answer {
  const [vector = []] = body['query_embeddings'] as number[][]
  const include = body['include'] as string[]
  const found = [...entries]
    .filter(([, { metadata }]) => holds(body['where'] as Metadata | undefined, metadata))
    .map(([id, entry]) => ({ id, ...entry, distance: distance(space, entry.embedding, vector) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, Number(body['n_results']))
  return ok({
    ids: [found.map(({ id }) => id)],
    documents: [found.map(({ document }) => document)],
    metadatas: [found.map(({ metadata }) => metadata)],
    distances: [found.map((at) => at.distance)],
    embeddings: include.includes('embeddings') ? [found.map((at) => at.embedding)] : null,
  })
}

function distance(space: string, a: readonly number[], b: readonly number[]): number {
  if (space === 'cosine') return 1 - cosine(a, b)
  return a.reduce((sum, value, at) => sum + (value - (b[at] ?? 0)) ** 2, 0)
}
