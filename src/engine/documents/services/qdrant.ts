import { z } from 'zod'
import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { missing } from '../../model/parts.ts'
import { json, number, options, text } from '../../node/inputs.ts'
import type { ChunkQuery, FoundChunk } from '../../node/ports.ts'
import { isRecord, textOf } from '../../text/paths.ts'
import { cosineAt, unit } from '../cosine.ts'
import { batchesOf } from './batches.ts'
import { conditionsIn } from './filter.ts'
import { callAt, findAt, type Reach, type ServiceCall } from './http.ts'
import { ownKey, uuidOf, type Label } from './points.ts'
import {
  accessTo,
  defineService,
  notThere,
  refuseDimensions,
  remembering,
  type Collection,
  type Listed,
  type Listing,
  type VectorKind,
  type Wanted,
} from './service.ts'

type Json = Readonly<Record<string, unknown>>

const pageSize = 250
/** What a clean-up looks for; Qdrant's cloud refuses to look for what is not indexed. */
const indexed = [`${ownKey}.owner`, `${ownKey}.source`]

const payload = z.record(z.string(), z.unknown()).nullish().catch(null)
const described = z.object({
  result: z.object({
    config: z.object({ params: z.object({ vectors: z.unknown().optional() }) }),
    payload_schema: z.record(z.string(), z.unknown()).catch({}),
  }),
})
/** How a collection describes vectors that have no name. */
const unnamed = z.object({ size: z.number(), distance: z.string() })
const point = z.object({ id: z.union([z.string(), z.number()]), payload })
const retrieved = z.object({ result: z.array(point) })
const scrolled = z.object({
  result: z.object({
    points: z.array(point),
    next_page_offset: z.union([z.string(), z.number()]).nullish(),
  }),
})
const queried = z.object({
  result: z.object({
    points: z.array(
      point.extend({ score: z.number(), vector: z.array(z.number()).nullish().catch(null) }),
    ),
  }),
})

/** A collection of Qdrant; it is made where there is none. */
export const qdrant = defineService({
  credential: 'qdrantApi',
  inputs: {
    qdrantApiKey: text({ secret: true }),
    qdrantServerUrl: text({ endpoint: true }),
    qdrantCollection: text({ acceptVariable: true }),
    qdrantSimilarity: options(['Cosine', 'Euclid', 'Dot', 'Manhattan'], { default: 'Cosine' }),
    qdrantCollectionConfiguration: json(),
    contentPayloadKey: text({ default: 'content' }),
    metadataPayloadKey: text({ default: 'metadata' }),
    batchSize: number({ default: 100 }),
    qdrantFilter: json({ acceptVariable: true }),
  },
  connect: async (values, context) => {
    const { qdrantApiKey: key, qdrantServerUrl: address, qdrantCollection: name } = values
    const access = await accessTo({ field: 'qdrantApiKey', key, address }, context)
    if (access === undefined) return undefined
    if (access.address === '') throw missing(context, 'the URL of its server')
    if (name === '') throw missing(context, 'the name of a collection')
    const reach = { ...access, headers: access.key === '' ? {} : { 'api-key': access.key } }
    const url = `${access.address}/collections/${encodeURIComponent(name)}`
    const wanted = { node: context.node, kind: 'collection', name } as const
    return collectionOf({
      reach,
      url,
      wanted,
      there: remembering((signal) => describe({ reach, url, wanted }, signal)),
      contentKey: values.contentPayloadKey,
      metadataKey: values.metadataPayloadKey,
      distance: values.qdrantSimilarity,
      configuration: values.qdrantCollectionConfiguration,
      filter: values.qdrantFilter,
      batchSize: Math.max(1, Math.floor(values.batchSize)),
    })
  },
})

interface Named {
  readonly reach: Reach
  readonly url: string
  readonly wanted: Wanted
}

interface There {
  readonly size: number
  readonly distance: string
  readonly indexes: readonly string[]
}

interface Place extends Named {
  readonly there: (signal: AbortSignal) => Promise<There | undefined>
  readonly contentKey: string
  readonly metadataKey: string
  /** How a collection that is made compares its vectors. */
  readonly distance: string
  readonly configuration: Json
  readonly batchSize: number
  readonly filter: Json
}

function collectionOf(place: Place): Collection {
  return {
    service: 'Qdrant',
    filter: place.filter,
    idOf: uuidOf,
    prepare: (kind, signal) => prepare(place, kind, signal),
    versions: async (ids, signal) => {
      const body = { ids, with_payload: [ownKey], with_vector: false }
      const found = await find(place, { path: '/points', body, answer: retrieved, signal })
      return new Map((found?.result ?? []).map((at) => [String(at.id), ownIn(at).version]))
    },
    write: async (points, signal) => {
      for (const batch of batchesOf(points, { count: place.batchSize })) {
        const sent = batch.map((at) => ({
          id: at.id,
          vector: at.vector,
          payload: { [place.contentKey]: at.content, ...payloadOf(place, at) },
        }))
        await put(place, { path: '/points?wait=true', body: { points: sent }, signal })
      }
    },
    relabel: async (labels, signal) => {
      const operations = labels.map((label) => ({
        set_payload: { payload: payloadOf(place, label), points: [label.id] },
      }))
      const path = '/points/batch?wait=true'
      await post(place, { path, body: { operations }, answer: z.unknown(), signal })
    },
    remove: async (ids, signal) => {
      const path = '/points/delete?wait=true'
      await find(place, { path, body: { points: ids }, answer: z.unknown(), signal })
    },
    list: (of, signal) => scroll(place, of, signal),
    search: (query, signal) => search(place, query, signal),
  }
}

type Asked<T> = Pick<ServiceCall<T>, 'answer' | 'signal'> & {
  readonly path: string
  readonly body: unknown
}

function callOf<T>({ url }: Named, { path, ...asked }: Asked<T>): ServiceCall<T> {
  return { method: 'POST', url: `${url}${path}`, ...asked }
}

async function post<T>(place: Place, asked: Asked<T>): Promise<T> {
  return callAt(place.reach, callOf(place, asked))
}

/** Undefined where there is no such collection. */
async function find<T>(place: Place, asked: Asked<T>): Promise<T | undefined> {
  return findAt(place.reach, callOf(place, asked))
}

async function put({ reach, url }: Place, asked: Omit<Asked<unknown>, 'answer'>): Promise<void> {
  const { path, body, signal } = asked
  await callAt(reach, { method: 'PUT', url: `${url}${path}`, body, answer: z.unknown(), signal })
}

async function describe(
  { reach, url, wanted }: Named,
  signal: AbortSignal,
): Promise<There | undefined> {
  const found = await findAt(reach, { method: 'GET', url, answer: described, signal })
  if (found === undefined) return undefined
  const { config, payload_schema } = found.result
  const vectors = unnamed.safeParse(config.params.vectors)
  if (vectors.success) return { ...vectors.data, indexes: Object.keys(payload_schema) }
  const sentence = `The collection "${wanted.name}" of ${nodeTitle(wanted.node)} gives its vectors names, and needs one without.`
  throw new Failure('UNPROCESSABLE', sentence)
}

async function prepare(place: Place, kind: VectorKind, signal: AbortSignal): Promise<void> {
  const there = await place.there(signal)
  if (there === undefined) {
    const { configuration, distance } = place
    const drawn = isRecord(configuration['vectors']) ? configuration['vectors'] : {}
    const vectors = { ...drawn, size: kind.dimensions, distance }
    await put(place, { path: '', body: { ...configuration, vectors }, signal })
  }
  refuseDimensions(there?.size, kind, place.wanted)
  for (const field_name of indexed) {
    if (there?.indexes.includes(field_name) === true) continue
    const body = { field_name, field_schema: 'keyword' }
    await put(place, { path: '/index?wait=true', body, signal })
  }
}

function payloadOf({ metadataKey }: Place, { metadata, own }: Label): Json {
  return { [metadataKey]: metadata, [ownKey]: own }
}

const ownFields = z.object({ source: z.string().catch(''), version: z.string().catch('') })

function ownIn({ payload }: z.infer<typeof point>): z.infer<typeof ownFields> {
  return ownFields.catch({ source: '', version: '' }).parse(payload?.[ownKey])
}

async function* scroll(
  place: Place,
  { owner, source }: Listing,
  signal: AbortSignal,
): AsyncGenerator<readonly Listed[]> {
  const filter = filterOf({ [ownKey]: source === undefined ? { owner } : { owner, source } })
  let offset: string | number | null | undefined
  do {
    const body = { filter, limit: pageSize, with_payload: [ownKey], with_vector: false, offset }
    const page = await find(place, { path: '/points/scroll', body, answer: scrolled, signal })
    yield (page?.result.points ?? []).map((at) => ({
      id: String(at.id),
      source: ownIn(at).source,
    }))
    offset = page?.result.next_page_offset
  } while (offset !== null && offset !== undefined)
}

async function search(
  place: Place,
  { model, vector, limit, filter = {}, withVectors = false }: ChunkQuery,
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  const there = await place.there(signal)
  if (there === undefined) throw notThere(place.wanted)
  refuseDimensions(there.size, { model, dimensions: vector.length }, place.wanted)
  const body = {
    query: vector,
    limit,
    filter: filterOf(filter, place.metadataKey),
    with_payload: true,
    with_vector: withVectors,
  }
  const { result } = await post(place, { path: '/points/query', body, answer: queried, signal })
  return result.points.map(({ payload, score, vector: own }) => {
    const metadata = payload?.[place.metadataKey]
    return {
      content: textOf(payload?.[place.contentKey]),
      metadata: isRecord(metadata) ? metadata : {},
      score: there.distance === 'Euclid' ? cosineAt(score ** 2) : score,
      ...(withVectors ? { vector: unit(own ?? []) } : {}),
    }
  })
}

const clauses = new Set(['must', 'should', 'must_not', 'min_should'])

/** Equalities below a key of the payload, beside what is in Qdrant's own words. */
function filterOf(filter: Json, below?: string): Json {
  const entries = Object.entries(filter)
  const native = Object.fromEntries(entries.filter(([key]) => clauses.has(key)))
  const plain = Object.fromEntries(entries.filter(([key]) => !clauses.has(key)))
  const path = below === undefined ? [] : [below]
  const must = conditionsIn(plain, path).map(([key, value]) => ({ key, ...matching(value) }))
  const drawn = native['must'] === undefined ? [] : [native['must']].flat()
  return { ...native, must: [...drawn, ...must] }
}

/** Qdrant matches no fractions. */
function matching(value: unknown): Json {
  const isFraction = typeof value === 'number' && !Number.isInteger(value)
  return isFraction ? { range: { gte: value, lte: value } } : { match: { value } }
}
