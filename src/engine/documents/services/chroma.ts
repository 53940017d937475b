import { z } from 'zod'
import { missing } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { json, text } from '../../node/inputs.ts'
import type { ChunkQuery, FoundChunk } from '../../node/ports.ts'
import { dig, textOf } from '../../text/paths.ts'
import { cosineAt, unit } from '../cosine.ts'
import { whereOf } from './filter.ts'
import { callAt, findAt, type Reach, type ServiceCall } from './http.ts'
import { flattened, nested, type Flat } from './metadata.ts'
import { ownKey, sourceIn, type Label } from './points.ts'
import {
  accessTo,
  defineService,
  notThere,
  refuseDimensions,
  remembering,
  type Access,
  type Collection,
  type Listed,
  type Listing,
  type VectorKind,
  type Wanted,
} from './service.ts'

const cloud = 'https://api.trychroma.com'
const pageSize = 250

const described = z.object({
  id: z.string(),
  dimension: z.number().nullish(),
  configuration_json: z.unknown().optional(),
  metadata: z.unknown().optional(),
})
const metadata = z.record(z.string(), z.unknown()).nullish()
const got = z.object({ ids: z.array(z.string()), metadatas: z.array(metadata).nullish() })
/** A list for the one query; empty where it was not asked for. */
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(z.array(item))
    .nullish()
    .transform((lists) => lists?.[0] ?? [])
const queried = z.object({
  ids: listOf(z.string()),
  documents: listOf(z.string().nullable()),
  metadatas: listOf(metadata),
  distances: listOf(z.number().nullable()),
  embeddings: listOf(z.array(z.number()).nullable()),
})

/** A collection of Chroma; it is made where there is none. */
export const chroma = defineService({
  credential: 'chromaApi',
  inputs: {
    chromaApiKey: text({ secret: true }),
    chromaURL: text({ endpoint: true }),
    collectionName: text(),
    chromaMetadataFilter: json({ acceptVariable: true }),
  },
  connect: async (values, context) => {
    const { chromaApiKey: key, chromaURL: address, collectionName: name } = values
    const access = await accessTo({ field: 'chromaApiKey', key, address }, context)
    if (access === undefined) return undefined
    if (name === '') throw missing(context, 'the name of a collection')
    const url = `${placeOf(access, context)}/collections`
    const reach = { ...access, headers: access.key === '' ? {} : { 'x-chroma-token': access.key } }
    const there = remembering((signal) => describe({ reach, url, name }, signal))
    const wanted = { node: context.node, kind: 'collection', name } as const
    const { chromaMetadataFilter: filter } = values
    return collectionOf({ reach, url, name, wanted, there, filter })
  },
})

/** The address of a database. */
function placeOf({ address, fields }: Access, context: NodeContext): string {
  const { chromaTenant: tenant, chromaDatabase: database } = fields
  if (address === '' && (!tenant || !database)) {
    throw missing(context, 'a credential with chromaTenant and chromaDatabase, or a Chroma URL')
  }
  const [own, inner] = [tenant || 'default_tenant', database || 'default_database']
  const path = `tenants/${encodeURIComponent(own)}/databases/${encodeURIComponent(inner)}`
  return `${address || cloud}/api/v2/${path}`
}

interface Named {
  readonly reach: Reach
  /** Of all collections. */
  readonly url: string
  readonly name: string
}

interface There {
  readonly id: string
  /** Absent before the first vector. */
  readonly dimensions: number | null | undefined
  /** How vectors are compared. */
  readonly space: string
}

interface Place extends Named {
  readonly wanted: Wanted
  readonly there: (signal: AbortSignal) => Promise<There | undefined>
  readonly filter: Collection['filter']
}

function collectionOf(place: Place): Collection {
  return {
    service: 'Chroma',
    filter: place.filter,
    idOf: (name) => name,
    prepare: (kind, signal) => prepare(place, kind, signal),
    versions: async (ids, signal) => {
      const found = await metadataOf(place, ids, signal)
      return new Map([...found].map(([id, flat]) => [id, textOf(flat[`${ownKey}.version`])]))
    },
    write: async (points, signal) => {
      const body = {
        ids: points.map(({ id }) => id),
        embeddings: points.map(({ vector }) => vector),
        documents: points.map(({ content }) => content),
        metadatas: points.map(flatOf),
      }
      await ask(place, { path: 'upsert', body, answer: z.unknown(), signal })
    },
    relabel: (labels, signal) => relabel(place, labels, signal),
    remove: async (ids, signal) => {
      await ask(place, { path: 'delete', body: { ids }, answer: z.unknown(), signal })
    },
    list: (of, signal) => listRecords(place, of, signal),
    search: (query, signal) => search(place, query, signal),
  }
}

type Asked<T> = Pick<ServiceCall<T>, 'answer' | 'signal'> & {
  readonly path: string
  readonly body: unknown
}

async function askAt<T>(place: Place, { id }: There, { path, ...asked }: Asked<T>): Promise<T> {
  return callAt(place.reach, { method: 'POST', url: `${place.url}/${id}/${path}`, ...asked })
}

/** Undefined where there is no such collection. */
async function ask<T>(place: Place, asked: Asked<T>): Promise<T | undefined> {
  const there = await place.there(asked.signal)
  return there && askAt(place, there, asked)
}

async function describe(
  { reach, url, name }: Named,
  signal: AbortSignal,
): Promise<There | undefined> {
  const at = `${url}/${encodeURIComponent(name)}`
  const found = await findAt(reach, { method: 'GET', url: at, answer: described, signal })
  if (found === undefined) return undefined
  const { id, dimension: dimensions, configuration_json: made, metadata: noted } = found
  const spaces = [dig(made, ['hnsw', 'space']), dig(made, ['spann', 'space'])]
  const space = [...spaces, dig(noted, ['hnsw:space'])].find((word) => typeof word === 'string')
  return { id, dimensions, space: textOf(space) || 'l2' }
}

async function prepare(place: Place, kind: VectorKind, signal: AbortSignal): Promise<void> {
  const there = await place.there(signal)
  refuseDimensions(there?.dimensions, kind, place.wanted)
  if (there !== undefined) return
  const { reach, url, name } = place
  const body = { name, configuration: { hnsw: { space: 'cosine' } }, get_or_create: true }
  await callAt(reach, { method: 'POST', url, body, answer: described, signal })
}

function flatOf({ metadata, own }: Label): Flat {
  return flattened({ ...metadata, [ownKey]: own }, { keepsLists: false })
}

async function metadataOf(
  place: Place,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const body = { ids, include: ['metadatas'] }
  const found = await ask(place, { path: 'get', body, answer: got, signal })
  return new Map(found?.ids.map((id, at) => [id, found.metadatas?.[at] ?? {}]))
}

/** An update keeps what it does not name, and drops what it names as null. */
async function relabel(place: Place, labels: readonly Label[], signal: AbortSignal): Promise<void> {
  const ids = labels.map(({ id }) => id)
  const old = await metadataOf(place, ids, signal)
  const metadatas = labels.map((label) => {
    const gone = Object.keys(old.get(label.id) ?? {}).map((key) => [key, null] as const)
    return { ...Object.fromEntries(gone), ...flatOf(label) }
  })
  await ask(place, { path: 'update', body: { ids, metadatas }, answer: z.unknown(), signal })
}

async function* listRecords(
  place: Place,
  { owner, source }: Listing,
  signal: AbortSignal,
): AsyncGenerator<readonly Listed[]> {
  const own = source === undefined ? { owner } : { owner, source }
  const where = whereOf({ [ownKey]: own })
  for (let offset = 0; ; offset += pageSize) {
    const body = { where, limit: pageSize, offset, include: [] }
    const { ids = [] } = (await ask(place, { path: 'get', body, answer: got, signal })) ?? {}
    yield ids.map((id) => ({ id, source: sourceIn(id) }))
    if (ids.length < pageSize) return
  }
}

async function search(
  place: Place,
  { model, vector, limit, filter, withVectors = false }: ChunkQuery,
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  const there = await place.there(signal)
  if (there === undefined) throw notThere(place.wanted)
  refuseDimensions(there.dimensions, { model, dimensions: vector.length }, place.wanted)
  const include = ['documents', 'metadatas', 'distances', ...(withVectors ? ['embeddings'] : [])]
  const body = { query_embeddings: [vector], n_results: limit, where: whereOf(filter), include }
  const found = await askAt(place, there, { path: 'query', body, answer: queried, signal })
  return found.ids.map((_id, at) => {
    const { [ownKey]: _own, ...metadata } = nested(found.metadatas[at] ?? {})
    const distance = found.distances[at] ?? 0
    return {
      content: found.documents[at] ?? '',
      metadata,
      score: there.space === 'l2' ? cosineAt(distance) : 1 - distance,
      ...(withVectors ? { vector: unit(found.embeddings[at] ?? []) } : {}),
    }
  })
}
