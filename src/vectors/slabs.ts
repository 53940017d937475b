import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../db/database.ts'
import type { Space } from './space.ts'

/** Some vectors of a space: one after the other in `values`, in the order of `ids`. */
export interface Slab {
  readonly ids: readonly string[]
  readonly values: Float32Array
}

/** Reads vectors of spaces, and keeps those of spaces that are searched often. */
export interface Slabs {
  /** All vectors of a space; null where it is too large to be kept. */
  whole(em: SqlEntityManager, space: Space): Promise<readonly Slab[] | null>
  /** The same, read anew. */
  pages(em: SqlEntityManager, space: Pick<Space, 'id' | 'dimensions'>): AsyncGenerator<Slab>
}

/** Bytes of the largest space that is kept, and of all together. */
export const mostBytes = { space: 64 * 2 ** 20, all: 128 * 2 ** 20 } as const

/** Small enough that reading a page does not hold up others. */
const pageRows = 200

interface Kept {
  readonly version: string
  readonly slabs: Promise<readonly Slab[] | null>
  bytes: number
}

const ofDatabases = new WeakMap<Database, Slabs>()

/** What is kept lives as long as its database. */
export function slabsOf(database: Database): Slabs {
  const slabs = ofDatabases.get(database) ?? createSlabs(database)
  ofDatabases.set(database, slabs)
  return slabs
}

function createSlabs(database: Database): Slabs {
  /** The least lately used first. */
  const kept = new Map<string, Kept>()
  const pages: Slabs['pages'] = (em, space) => readPages(database, em, space)

  const makeRoom = (): void => {
    let bytes = [...kept.values()].reduce((sum, entry) => sum + entry.bytes, 0)
    for (const [id, entry] of kept) {
      if (bytes <= mostBytes.all) return
      bytes -= entry.bytes
      kept.delete(id)
    }
  }
  const load = (em: SqlEntityManager, { id, version, dimensions }: Space): Kept => {
    const entry: Kept = { version, bytes: 0, slabs: gathered(pages(em, { id, dimensions })) }
    entry.slabs.then(
      (slabs) => {
        entry.bytes = sizeOf(slabs ?? [])
        makeRoom()
      },
      () => {
        if (kept.get(id) === entry) kept.delete(id)
      },
    )
    return entry
  }
  return {
    pages,
    whole(em, space) {
      const known = kept.get(space.id)
      const entry = known?.version === space.version ? known : load(em, space)
      kept.delete(space.id)
      kept.set(space.id, entry)
      return entry.slabs
    },
  }
}

async function gathered(pages: AsyncIterable<Slab>): Promise<readonly Slab[] | null> {
  const slabs: Slab[] = []
  for await (const page of pages) {
    slabs.push(page)
    if (sizeOf(slabs) > mostBytes.space) return null
  }
  return slabs
}

function sizeOf(slabs: readonly Slab[]): number {
  return slabs.reduce((sum, { values }) => sum + values.byteLength, 0)
}

async function* readPages(
  database: Database,
  em: SqlEntityManager,
  { id: spaceId, dimensions }: Pick<Space, 'id' | 'dimensions'>,
): AsyncGenerator<Slab> {
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const rows = await database.rows<{ id: string; sent: string }>(
      em,
      // The page is cut first: else every vector behind it would be read and encoded as well.
      `select id, encode(array_send(embedding), 'base64') as sent from (
         select id, embedding from vector_chunk where space_id = ? and id > ?
           and batch_id not in (select id from vector_batch where space_id = ?)
         order by id limit ?) as page order by id`,
      [spaceId, after, spaceId, pageRows],
    )
    const values = new Float32Array(rows.length * dimensions)
    for (const [index, { sent }] of rows.entries()) {
      readReals(Buffer.from(sent, 'base64'), values.subarray(index * dimensions))
    }
    yield { ids: rows.map(({ id }) => id), values }
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageRows) return
    after = last.id
  }
}

/** An array as the wire protocol carries it: 20 bytes of head, then length and value of each. */
function readReals(bytes: Buffer, into: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let index = 0, at = 24; at < bytes.length; index += 1, at += 8) {
    into[index] = view.getFloat32(at)
  }
}
