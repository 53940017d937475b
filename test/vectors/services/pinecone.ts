import { cosine, holds, ok, refused, serve, type Answer, type Call, type Drawing } from './fake.ts'

interface Vector {
  readonly id: string
  readonly values: readonly number[]
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * Controller and index of Pinecone in one. (The one of aimock knows no controller, fetches and lists
 * nothing, and finds only what it is told to.)
 */
export const pinecone: Drawing = {
  name: 'pinecone',
  address: 'controllerHostUrl',
  filter: 'pineconeMetadataFilter',
  inputs: (url) => ({ controllerHostUrl: url, pineconeIndex: 'docs', pineconeNamespace: 'ours' }),
  native: (town) => ({ 'shop.town': { $in: [town, 'Nowhere'] } }),
  credential: (pineconeApiKey) => ({
    credentialName: 'pineconeApi',
    plainDataObj: { pineconeApiKey },
  }),
  writes: ({ path }) => path === '/vectors/upsert',
  removes: ({ path }) => path === '/vectors/delete',
  start: async () => {
    const vectors = new Map<string, Vector>()
    const service = await serve('Pinecone', {
      keyHeader: 'api-key',
      reset: () => vectors.clear(),
      kept: () =>
        new Map(
          [...vectors].map(
            ([
              id,
              {
                values,
                metadata: { text, ...metadata },
              },
            ]) => [id, { vector: values, content: String(text), metadata }],
          ),
        ),
      answer: (call) => answer(call, vectors, () => service.host),
    })
    return service
  },
}

function answer(call: Call, vectors: Map<string, Vector>, host: () => string): Answer {
  const { path, headers } = call
  if (headers['x-pinecone-api-version'] !== '2025-10') return refused(400, 'No such version.')
  if (path.startsWith('/indexes/')) {
    if (path !== '/indexes/docs') return refused(404, 'Resource not found')
    return ok({ name: 'docs', host: host(), dimension: 32, metric: 'cosine' })
  }
  return inside(call, vectors)
}

function inside({ method, path, query, body }: Call, vectors: Map<string, Vector>): Answer {
  if ((query.get('namespace') ?? body['namespace']) !== 'ours') return refused(400, 'Elsewhere.')
  switch (`${method} ${path}`) {
    case 'POST /vectors/upsert':
      return upsert(body['vectors'] as Vector[], vectors)
    case 'GET /vectors/fetch': {
      const found = query.getAll('ids').flatMap((id) => vectors.get(id) ?? [])
      return ok({ vectors: Object.fromEntries(found.map((vector) => [vector.id, vector])) })
    }
    case 'POST /vectors/delete':
      for (const id of body['ids'] as string[]) vectors.delete(id)
      return ok({})
    case 'GET /vectors/list':
      return list(query, vectors)
    case 'POST /query':
      return search(body, vectors)
    default:
      return refused(404, 'Not found')
  }
}

function upsert(sent: readonly Vector[], vectors: Map<string, Vector>): Answer {
  if (JSON.stringify(sent).length > 2 * 1024 ** 2) return refused(400, 'Too large.')
  for (const { values, metadata } of sent) {
    if (values.length !== 32) return refused(400, 'Vector dimension does not match.')
    const isKept = (value: unknown) =>
      ['string', 'number', 'boolean'].includes(typeof value) ||
      (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    if (!Object.values(metadata).every(isKept)) return refused(400, 'Metadata value must be flat.')
  }
  for (const vector of sent) vectors.set(vector.id, vector)
  return ok({ upsertedCount: sent.length })
}

function list(query: URLSearchParams, vectors: ReadonlyMap<string, Vector>): Answer {
  const limit = Number(query.get('limit'))
  const after = query.get('paginationToken') ?? ''
  const ids = [...vectors.keys()].sort().filter((id) => id.startsWith(query.get('prefix') ?? ''))
  const rest = ids.filter((id) => id > after)
  const page = rest.slice(0, limit)
  const pagination = rest.length > limit ? { pagination: { next: page.at(-1) } } : {}
  return ok({ vectors: page.map((id) => ({ id })), ...pagination })
}

function search(body: Call['body'], vectors: ReadonlyMap<string, Vector>): Answer {
  const filter = body['filter'] as Record<string, unknown> | undefined
  const matches = [...vectors.values()]
    .filter(({ metadata }) => holds(filter, metadata))
    .map(({ id, values, metadata }) => ({
      id,
      score: cosine(values, body['vector'] as number[]),
      values: body['includeValues'] === true ? values : [],
      metadata,
    }))
    .sort((a, b) => b.score - a.score)
  return ok({ matches: matches.slice(0, Number(body['topK'])) })
}
