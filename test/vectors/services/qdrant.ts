import { dig } from '../../../src/engine/text/paths.ts'
import { cosine, ok, refused, serve, type Answer, type Call, type Drawing } from './fake.ts'

type Payload = Readonly<Record<string, unknown>>

interface Point {
  readonly id: string
  readonly vector: readonly number[]
  payload: Payload
}

interface Collection {
  readonly size: number
  readonly distance: string
  readonly indexes: Set<string>
  readonly points: Map<string, Point>
}

/**
 * Qdrant. (The one of aimock knows no collections, retrieves and scrolls nothing, and finds only
 * what it is told to, by an address that Qdrant has given up.)
 */
export const qdrant: Drawing = {
  name: 'qdrant',
  address: 'qdrantServerUrl',
  filter: 'qdrantFilter',
  inputs: (url) => ({ qdrantServerUrl: `${url}/`, qdrantCollection: 'docs' }),
  native: (town) => ({ should: [{ key: 'metadata.shop.town', match: { value: town } }] }),
  credential: (qdrantApiKey) => ({ credentialName: 'qdrantApi', plainDataObj: { qdrantApiKey } }),
  writes: ({ method, path }) => method === 'PUT' && path === '/collections/docs/points',
  removes: ({ path }) => path.endsWith('/points/delete'),
  start: async () => {
    const collections = new Map<string, Collection>()
    return serve('Qdrant', {
      keyHeader: 'api-key',
      reset: () => collections.clear(),
      kept: () =>
        new Map(
          [...(collections.get('docs')?.points.values() ?? [])].map(({ id, vector, payload }) => [
            id,
            {
              vector,
              content: String(payload['content']),
              metadata: payload['metadata'] as Payload,
            },
          ]),
        ),
      answer: (call) => answer(call, collections),
    })
  },
}

function answer(call: Call, collections: Map<string, Collection>): Answer {
  const [, root, name = '', ...rest] = call.path.split('/')
  if (root !== 'collections') return refused(404, '')
  const collection = collections.get(name)
  if (collection === undefined) {
    if (call.method !== 'PUT' || rest.length > 0) {
      return { status: 404, body: { status: { error: `Collection ${name} doesn't exist!` } } }
    }
    const { size, distance } = call.body['vectors'] as { size: number; distance: string }
    collections.set(name, { size, distance, indexes: new Set(), points: new Map() })
    return ok({ result: true })
  }
  return inside(`${call.method} ${rest.join('/')}`, call, collection)
}

function inside(what: string, { body }: Call, collection: Collection): Answer {
  const { size, distance, indexes, points } = collection
  switch (what) {
    case 'GET ': {
      const params = { vectors: { size, distance } }
      const payload_schema = Object.fromEntries([...indexes].map((name) => [name, {}]))
      return ok({ result: { config: { params }, payload_schema } })
    }
    case 'PUT index':
      indexes.add(String(body['field_name']))
      return ok({ result: {} })
    case 'PUT points':
      return put(body['points'] as Point[], collection)
    case 'POST points':
      return ok({ result: (body['ids'] as string[]).flatMap((id) => points.get(id) ?? []) })
    case 'POST points/batch':
      return relabel(body['operations'] as SetPayload[], points)
    case 'POST points/delete':
      for (const id of body['points'] as string[]) points.delete(id)
      return ok({ result: {} })
    case 'POST points/scroll':
      return scroll(body, collection)
    case 'POST points/query':
      return query(body, collection)
    default:
      return refused(404, '')
  }
}

function put(sent: readonly Point[], { size, points }: Collection): Answer {
  const uuid = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/
  for (const { id, vector } of sent) {
    if (!uuid.test(id)) return refused(400, `value ${id} is not a valid point ID`)
    if (vector.length !== size) return refused(400, 'Vector dimension error')
  }
  for (const point of sent) points.set(point.id, point)
  return ok({ result: {} })
}

interface SetPayload {
  readonly set_payload: { readonly payload: Payload; readonly points: readonly string[] }
}

function relabel(operations: readonly SetPayload[], points: ReadonlyMap<string, Point>): Answer {
  for (const { set_payload } of operations) {
    for (const id of set_payload.points) {
      const point = points.get(id)
      if (point !== undefined) point.payload = { ...point.payload, ...set_payload.payload }
    }
  }
  return ok({ result: [] })
}

function scroll(body: Call['body'], { points, indexes }: Collection): Answer {
  // As its cloud does.
  const { must } = body['filter'] as Filter
  const strange = must?.find(({ key }) => !indexes.has(key))
  if (strange !== undefined) return refused(400, `Index required but not found for ${strange.key}`)
  const found = [...points.values()].filter(({ payload }) => fits(body['filter'], payload))
  const from = found.findIndex(({ id }) => id === body['offset'])
  const page = found.slice(Math.max(0, from), Math.max(0, from) + Number(body['limit']))
  const next = found[found.indexOf(page.at(-1) as Point) + 1]
  return ok({ result: { points: page, next_page_offset: next?.id ?? null } })
}

function query(body: Call['body'], { size, points }: Collection): Answer {
  const vector = body['query'] as number[]
  if (vector.length !== size) return refused(400, 'Vector dimension error')
  const found = [...points.values()]
    .filter(({ payload }) => fits(body['filter'], payload))
    .map(({ id, vector: own, payload }) => ({
      id,
      payload,
      score: cosine(own, vector),
      ...(body['with_vector'] === true ? { vector: own } : {}),
    }))
    .sort((a, b) => b.score - a.score)
  return ok({ result: { points: found.slice(0, Number(body['limit'])) } })
}

interface Condition {
  readonly key: string
  readonly match: { readonly value: unknown }
}

interface Filter {
  readonly must?: readonly Condition[]
  readonly should?: readonly Condition[]
}

function fits(filter: unknown, payload: Payload): boolean {
  const { must = [], should = [] } = filter as Filter
  const holds = ({ key, match }: Condition) => dig(payload, key.split('.')) === match.value
  return must.every(holds) && (should.length === 0 || should.some(holds))
}
