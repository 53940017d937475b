import { z } from 'zod'
import { Failure } from '../../../core/errors.ts'
import { missing } from '../../model/parts.ts'
import { json, text } from '../../node/inputs.ts'
import type { ChunkQuery, FoundChunk } from '../../node/ports.ts'
import { textOf } from '../../text/paths.ts'
import { cosineAt, unit } from '../cosine.ts'
import { batchesOf } from './batches.ts'
import { whereOf } from './filter.ts'
import { callAt, findAt, type Reach, type ServiceCall } from './http.ts'
import { flattened, nested } from './metadata.ts'
import { ownKey, prefixOf, sourceIn, writeLimits, type Label } from './points.ts'
import {
  accessTo,
  defineService,
  notThere,
  refuseDimensions,
  remembering,
  type Collection,
  type Listed,
  type Listing,
  type Wanted,
} from './service.ts'

const apiVersion = '2025-10'
const controller = 'https://api.pinecone.io'
const versionKey = `${ownKey}.version`

const described = z.object({
  host: z.string(),
  dimension: z.number().nullish(),
  metric: z.string().catch('cosine'),
})
const record = z.object({
  id: z.string(),
  values: z.array(z.number()).catch([]),
  metadata: z.record(z.string(), z.unknown()).catch({}),
})
const fetched = z.object({ vectors: z.record(z.string(), record) })
const listed = z.object({
  vectors: z.array(z.object({ id: z.string() })).catch([]),
  pagination: z.object({ next: z.string() }).nullish().catch(null),
})
const matched = z.object({ matches: z.array(record.extend({ score: z.number() })) })

type Metadata = Readonly<Record<string, unknown>>

/** A namespace of an index of Pinecone; the index is made by its owner. */
export const pinecone = defineService({
  credential: 'pineconeApi',
  inputs: {
    pineconeApiKey: text({ secret: true }),
    /** Who tells where an index is, if not Pinecone. */
    controllerHostUrl: text({ endpoint: true }),
    pineconeIndex: text(),
    pineconeNamespace: text(),
    pineconeTextKey: text({ default: 'text' }),
    pineconeMetadataFilter: json({ acceptVariable: true }),
  },
  connect: async (values, context) => {
    const { pineconeApiKey: key, controllerHostUrl: address, pineconeIndex: name } = values
    const access = await accessTo({ field: 'pineconeApiKey', key, address }, context)
    if (access === undefined) return undefined
    if (name === '') throw missing(context, 'the name of an index')
    const authorization = access.key === '' ? {} : { 'api-key': access.key }
    const headers = { ...authorization, 'x-pinecone-api-version': apiVersion }
    const { pineconeNamespace: namespace, pineconeTextKey: textKey } = values
    const { pineconeMetadataFilter: filter } = values
    const wanted = { node: context.node, kind: 'index', name } as const
    const from = access.address || controller
    const reach = { ...access, headers }
    const at = `${from}/indexes/${encodeURIComponent(name)}`
    const index = remembering((signal) => findIndex(reach, at, signal))
    return collectionOf({ reach, wanted, index, textKey, namespace, filter })
  },
})

interface Index {
  readonly url: string
  readonly dimensions: number | null | undefined
  readonly metric: string
}

interface Place {
  readonly reach: Reach
  readonly wanted: Wanted
  readonly index: (signal: AbortSignal) => Promise<Index | undefined>
  readonly textKey: string
  /** Empty: the index's own. */
  readonly namespace: string
  readonly filter: Collection['filter']
}

function collectionOf(place: Place): Collection {
  return {
    service: 'Pinecone',
    filter: place.filter,
    idOf: (name) => name,
    prepare: async (kind, signal) => {
      refuseDimensions((await indexAt(place, signal)).dimensions, kind, place.wanted)
    },
    versions: async (ids, signal) => {
      const found = await fetchRecords(place, ids, signal)
      return new Map(found.map(({ id, metadata }) => [id, textOf(metadata[versionKey])]))
    },
    write: async (points, signal) => {
      const records = points.map((point) => ({
        id: point.id,
        values: point.vector,
        metadata: metadataOf(point, point.content, place),
      }))
      await upsert(place, records, signal)
    },
    relabel: (labels, signal) => relabel(place, labels, signal),
    remove: async (ids, signal) => {
      // A namespace that does not exist holds nothing that could be removed.
      await find(place, { path: '/vectors/delete', body: { ids }, answer: z.unknown(), signal })
    },
    list: (of, signal) => listRecords(place, of, signal),
    search: (query, signal) => search(place, query, signal),
  }
}

async function findIndex(
  reach: Reach,
  url: string,
  signal: AbortSignal,
): Promise<Index | undefined> {
  const found = await findAt(reach, { method: 'GET', url, answer: described, signal })
  if (found === undefined) return undefined
  const { host, dimension: dimensions, metric } = found
  // The key goes to this host: in the open only where it came in the open.
  const { protocol } = new URL(url)
  const told = host.includes('://') ? host : `${protocol}//${host}`
  const isSafe = told.startsWith('https:') || (told.startsWith('http:') && protocol === 'http:')
  if (isSafe && URL.canParse(told)) return { url: new URL(told).origin, dimensions, metric }
  throw new Failure('UPSTREAM', `${reach.who} names a host of its index that is not secure.`)
}

async function indexAt({ index, wanted }: Place, signal: AbortSignal): Promise<Index> {
  const found = await index(signal)
  if (found === undefined) throw notThere(wanted)
  return found
}

type Asked<T> = Pick<ServiceCall<T>, 'answer' | 'signal'> & {
  readonly path: string
  /** Present: sent by POST, for the namespace. */
  readonly body?: object
}

async function callOf<T>(place: Place, asked: Asked<T>): Promise<ServiceCall<T>> {
  const { path, body, answer, signal } = asked
  const { namespace } = place
  const { url } = await indexAt(place, signal)
  if (body === undefined) {
    const space = namespace === '' ? '' : `&namespace=${encodeURIComponent(namespace)}`
    return { method: 'GET', url: `${url}${path}${space}`, answer, signal }
  }
  const space = namespace === '' ? {} : { namespace }
  return { method: 'POST', url: `${url}${path}`, body: { ...body, ...space }, answer, signal }
}

async function find<T>(place: Place, asked: Asked<T>): Promise<T | undefined> {
  return findAt(place.reach, await callOf(place, asked))
}

type NewRecord = Readonly<Record<'id' | 'values' | 'metadata', unknown>>

async function upsert(
  place: Place,
  vectors: readonly NewRecord[],
  signal: AbortSignal,
): Promise<void> {
  const asked = { path: '/vectors/upsert', body: { vectors }, answer: z.unknown(), signal }
  await callAt(place.reach, await callOf(place, asked))
}

async function fetchRecords(place: Place, ids: readonly string[], signal: AbortSignal) {
  const query = ids.map((id) => `ids=${encodeURIComponent(id)}`).join('&')
  const asked = { path: `/vectors/fetch?${query}`, answer: fetched, signal }
  return Object.values((await find(place, asked))?.vectors ?? {})
}

function metadataOf({ metadata, own }: Label, content: unknown, { textKey }: Place): Metadata {
  const { version } = own
  const flat = flattened(metadata, { keepsLists: true })
  return { ...flat, [versionKey]: version, [textKey]: content }
}

/** An update would leave fields that are gone, so the whole record is written anew. */
async function relabel(place: Place, labels: readonly Label[], signal: AbortSignal): Promise<void> {
  const ids = labels.map(({ id }) => id)
  const old = new Map((await fetchRecords(place, ids, signal)).map((found) => [found.id, found]))
  const records = labels.flatMap((label) => {
    const { values, metadata } = old.get(label.id) ?? {}
    if (values === undefined) return []
    return [{ id: label.id, values, metadata: metadataOf(label, metadata?.[place.textKey], place) }]
  })
  for (const batch of batchesOf(records, writeLimits)) await upsert(place, batch, signal)
}

async function* listRecords(
  place: Place,
  of: Listing,
  signal: AbortSignal,
): AsyncGenerator<readonly Listed[]> {
  let token: string | undefined
  do {
    const from = token === undefined ? '' : `&paginationToken=${encodeURIComponent(token)}`
    const path = `/vectors/list?prefix=${prefixOf(of)}&limit=100${from}`
    const page = await find(place, { path, answer: listed, signal })
    yield (page?.vectors ?? []).map(({ id }) => ({ id, source: sourceIn(id) }))
    token = page?.pagination?.next
  } while (token)
}

async function search(
  place: Place,
  { model, vector, limit, filter, withVectors = false }: ChunkQuery,
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  const { dimensions, metric } = await indexAt(place, signal)
  refuseDimensions(dimensions, { model, dimensions: vector.length }, place.wanted)
  const body = {
    vector,
    topK: limit,
    filter: whereOf(filter),
    includeMetadata: true,
    includeValues: withVectors,
  }
  const found = await find(place, { path: '/query', body, answer: matched, signal })
  return (found?.matches ?? []).map(({ score, values, metadata }) => {
    const { [place.textKey]: content, ...flat } = metadata
    const { [ownKey]: _own, ...own } = nested(flat)
    return {
      content: textOf(content),
      metadata: own,
      score: metric === 'euclidean' ? cosineAt(score) : score,
      ...(withVectors ? { vector: unit(values) } : {}),
    }
  })
}
