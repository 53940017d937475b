import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Failure } from '../core/errors.ts'
import type { Database } from '../db/database.ts'
import type { ChunkQuery, VectorOwner, VectorPlace } from '../engine/node/ports.ts'

/** A namespace, as it is now. */
export interface Space {
  readonly id: string
  readonly model: string
  /** 0 before its first chunk. */
  readonly dimensions: number
  /** Differs whenever other chunks are found in it. */
  readonly version: string
  /** Upserts under way, of which nothing is found yet. */
  readonly pending: readonly string[]
  readonly hasPgvector: boolean
}

/** What the look of a search needs. */
export interface Place {
  readonly database: Database
  readonly em: SqlEntityManager
  readonly space: Space
}

/** A search, whose vector has length 1. */
export type Sought = Omit<ChunkQuery, 'vector'> & { readonly vector: Float32Array }

/** The column that says who keeps a space. */
export const ownerColumns: Readonly<Record<VectorOwner['kind'], string>> = {
  chatflow: 'chatflowid',
  documentStore: 'store_id',
}

const columns = `id, model, dimensions, xmin::text as version,
  to_regtype('vector') is not null as "hasPgvector",
  coalesce((select json_agg(b.id) from vector_batch b where b.space_id = s.id), '[]') as pending`

export async function findSpace(
  database: Database,
  em: SqlEntityManager,
  { owner, namespace }: VectorPlace,
): Promise<Space | undefined> {
  const [space] = await database.rows<Space>(
    em,
    `select ${columns} from vector_space s where ${ownerColumns[owner.kind]} = ? and namespace = ?`,
    [owner.id, namespace],
  )
  return space
}

/** The same, held against other upserts until the transaction ends. */
export async function lockSpace(
  em: SqlEntityManager,
  { owner, namespace }: VectorPlace,
): Promise<Space | undefined> {
  const [space] = await em.execute<Space[]>(
    `select ${columns} from vector_space s where ${ownerColumns[owner.kind]} = ? and namespace = ? for update`,
    [owner.id, namespace],
  )
  return space
}

/** The condition that leaves out what nobody is to find yet; ids of ours need no quoting. */
export function foundOnly({ pending }: Pick<Space, 'pending'>): string {
  if (pending.length === 0) return ''
  return ` and batch_id not in (${pending.map((id) => `'${id}'`).join(', ')})`
}

/**
 * Vectors of different models cannot be compared.
 * @throws Failure UNPROCESSABLE, saying which model filled the namespace
 */
export function refuseOther(
  space: Pick<Space, 'model' | 'dimensions'>,
  { namespace }: VectorPlace,
  { model, dimensions }: { readonly model: string; readonly dimensions?: number },
): void {
  const isSame = space.model === model && (dimensions ?? space.dimensions) === space.dimensions
  if (isSame) return
  const now = dimensions === undefined ? model : `${model} with ${dimensions} dimensions`
  throw new Failure(
    'UNPROCESSABLE',
    `The namespace "${namespace}" was filled by the embedding model ${space.model} with ` +
      `${space.dimensions} dimensions, and ${now} cannot be mixed with it: use that model, or ` +
      'another namespace.',
  )
}
