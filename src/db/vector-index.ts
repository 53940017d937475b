import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { quoteIdentifier } from './roles.ts'

/** A namespace of vectors that wants an index. */
export interface IndexedSpace {
  readonly id: string
  readonly dimensions: number
}

/** Indexes of vectors belong to whoever owns the table, which no serving role does. */
export interface VectorIndexing {
  /** Makes the index of a namespace of vectors, if there is none; needs pgvector. */
  readonly indexVectors: (em: SqlEntityManager, space: IndexedSpace) => Promise<void>
  /** Drops the indexes of namespaces that are gone, by their ids; for the jobs role. */
  readonly unindexVectors: (em: SqlEntityManager, ids: readonly string[]) => Promise<void>
}

/** In the embedded database the owner's functions do it; nobody else is there to wait. */
export const indexingEmbedded: VectorIndexing = {
  indexVectors: async (em, { id, dimensions }) => {
    await em.transactional((inner) =>
      inner.execute('select vector_space_index(?, ?)', [id, dimensions]),
    )
  },
  unindexVectors: async (em, ids) => {
    await em.transactional(async (inner) => {
      for (const id of ids) await inner.execute('select vector_space_unindex(?)', [id])
    })
  },
}

/**
 * By the login that owns the table, while others go on writing to it: for that PostgreSQL wants a
 * connection of its own, outside any transaction. Of several servers one does it.
 */
export function indexingByOwner(adminUrl: string): VectorIndexing {
  return {
    indexVectors: async (_em, { id, dimensions }) => {
      if (!Number.isInteger(dimensions)) throw new Error('A vector index needs whole dimensions.')
      await asOwner(adminUrl, [id], (client, name) => make(client, { name, id, dimensions }))
    },
    unindexVectors: async (_em, ids) => {
      if (ids.length === 0) return
      await asOwner(adminUrl, ids, async (client, name) => {
        await client.query(`drop index concurrently if exists ${quoteIdentifier(name)}`)
      })
    },
  }
}

/** Does work for the index of each namespace that no other server is at work on. */
async function asOwner(
  adminUrl: string,
  ids: readonly string[],
  work: (client: Client, name: string) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const id of ids) {
      const name = nameOf(id)
      const lock = `select pg_try_advisory_lock(hashtext($1)) as mine`
      const { rows } = await client.query<{ mine: boolean }>(lock, [name])
      if (rows[0]?.mine === true) await work(client, name)
    }
  } finally {
    // Ending the connection gives the locks back.
    await client.end()
  }
}

function nameOf(id: string): string {
  if (!/^[\da-f-]{36}$/.test(id)) {
    throw new Error('A vector index was asked for what is no namespace.')
  }
  return `vector_chunk_hnsw_${id.replaceAll('-', '')}`
}

async function make(
  client: Client,
  { name, id, dimensions }: IndexedSpace & { readonly name: string },
): Promise<void> {
  const { rows } = await client.query<{ valid: boolean }>(
    'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
    [name],
  )
  if (rows[0]?.valid === true) return
  const index = quoteIdentifier(name)
  // What was begun and not ended is of no use to anybody.
  if (rows.length > 0) await client.query(`drop index concurrently ${index}`)
  await client.query(
    `create index concurrently ${index} on vector_chunk
       using hnsw ((embedding::vector(${dimensions})) vector_ip_ops) where space_id = '${id}'`,
  )
}
