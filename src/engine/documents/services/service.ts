import { Failure } from '../../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../../flow/flow.ts'
import { missing } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import type { Inputs, InputsOf } from '../../node/inputs.ts'
import type { ChunkQuery, FoundChunk } from '../../node/ports.ts'
import { withoutEndSlashes } from '../../text/urls.ts'
import type { Reach } from './http.ts'
import type { Label, Point } from './points.ts'

/** A vector database of others, as a node describes where its chunks are. */
export interface VectorService {
  /** The type of credential it takes. */
  readonly credential: string
  readonly inputs: Inputs
  /**
   * The collection that the inputs name; undefined where the node has neither a credential nor an
   * address for the service. Nothing is sent yet.
   * @throws Failure UNPROCESSABLE when something is missing.
   */
  readonly connect: (
    values: Readonly<Record<string, unknown>>,
    context: NodeContext,
  ) => Promise<Collection | undefined>
}

/** What one upsert, or one search, does to an index or collection of a service. */
export interface Collection {
  /** What people call the service. */
  readonly service: string
  /** Of every search, as the node draws it. */
  readonly filter: Readonly<Record<string, unknown>>
  /** The id there of a chunk with this name. */
  readonly idOf: (name: string) => string
  /**
   * Gets it ready for vectors.
   * @throws Failure UNPROCESSABLE when it holds vectors of other dimensions.
   */
  readonly prepare: (kind: VectorKind, signal: AbortSignal) => Promise<void>
  /** The versions of those of the points that are there, by id. */
  readonly versions: (
    ids: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, string>>
  readonly write: (points: readonly Point[], signal: AbortSignal) => Promise<void>
  /** Gives points that are there other metadata. */
  readonly relabel: (labels: readonly Label[], signal: AbortSignal) => Promise<void>
  readonly remove: (ids: readonly string[], signal: AbortSignal) => Promise<void>
  /** What is there of an owner, or of one source of his, some at a time. */
  readonly list: (of: Listing, signal: AbortSignal) => AsyncIterable<readonly Listed[]>
  /** As `ChunkStore.search`. */
  readonly search: (query: ChunkQuery, signal: AbortSignal) => Promise<readonly FoundChunk[]>
}

export interface VectorKind {
  readonly model: string
  readonly dimensions: number
}

export interface Listing {
  readonly owner: string
  readonly source?: string
}

export interface Listed {
  readonly id: string
  readonly source: string
}

/** Declares a service; its code sees values of the types that its inputs declare. */
export function defineService<const S extends Inputs>(
  service: Omit<VectorService, 'inputs' | 'connect'> & {
    readonly inputs: S
    readonly connect: (values: InputsOf<S>, context: NodeContext) => Promise<Collection | undefined>
  },
): VectorService {
  return {
    ...service,
    // The node that has these inputs has read them.
    connect: (values, context) => service.connect(values as InputsOf<S>, context),
  }
}

export interface Access extends Omit<Reach, 'headers'> {
  /** Empty where the service is to be asked without one. */
  readonly key: string
  /** Without a slash at its end; empty where none is drawn. */
  readonly address: string
  /** Of the credential. */
  readonly fields: Readonly<Record<string, string>>
}

/**
 * The key, which is concealed from now on, and the address of a service; undefined where a node
 * has neither.
 * @throws Failure UNPROCESSABLE for a credential without the key, or an address that is no URL.
 */
export async function accessTo(
  drawn: { readonly field: string; readonly key: string; readonly address: string },
  context: NodeContext,
): Promise<Access | undefined> {
  const fields = await context.credential()
  const key = drawn.key || (fields[drawn.field] ?? '')
  if (key === '' && drawn.address === '') {
    if (Object.keys(fields).length === 0) return undefined
    throw missing(context, `a credential with ${drawn.field}`)
  }
  if (drawn.address !== '' && !/^https?:\/\/[^/]/.test(drawn.address)) {
    throw missing(context, 'an http URL as the address of its service')
  }
  context.conceal(key)
  return {
    key,
    address: withoutEndSlashes(drawn.address),
    fields,
    who: `The service of ${nodeTitle(context.node)}`,
    fetch: context.ports.fetch,
  }
}

/** Looks something up once; what was not found, or failed, is looked up again. */
export function remembering<T>(
  look: (signal: AbortSignal) => Promise<T | undefined>,
): (signal: AbortSignal) => Promise<T | undefined> {
  let found: T | undefined
  return async (signal) => {
    found ??= await look(signal)
    return found
  }
}

/** What a node wants of a service, for refusals. */
export interface Wanted {
  readonly node: FlowNode
  readonly kind: 'index' | 'collection'
  readonly name: string
}

/** @throws Failure UNPROCESSABLE where vectors of these dimensions do not fit. */
export function refuseDimensions(
  there: number | null | undefined,
  { model, dimensions }: VectorKind,
  { node, kind, name }: Wanted,
): void {
  if (there === null || there === undefined || there === dimensions) return
  throw new Failure(
    'UNPROCESSABLE',
    `The ${kind} "${name}" of ${nodeTitle(node)} holds vectors of ${there} dimensions, and ` +
      `${model} gives ${dimensions}: use the model that filled it, or another ${kind}.`,
  )
}

export function notThere({ node, kind, name }: Wanted): Failure {
  const sentence = `The service of ${nodeTitle(node)} has no ${kind} "${name}".`
  return new Failure('UNPROCESSABLE', sentence)
}
