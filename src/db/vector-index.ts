import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { quoteIdentifier } from './roles.ts'

/** A namespace of vectors that wants an index. */
export interface IndexedSpace {
  readonly id: string
  readonly dimensions: number
}

/** Makes the index of a namespace, if there is none. */
export type IndexVectors = (em: SqlEntityManager, space: IndexedSpace) => Promise<void>

/** In the embedded database the owner's function makes it; nobody else is there to wait. */
export const indexEmbedded: IndexVectors = async (em, { id, dimensions }) => {
  await em.transactional((inner) =>
    inner.execute('select vector_space_index(?, ?)', [id, dimensions]),
  )
}

/**
 * By the login that owns the table, while others go on writing to it: for that PostgreSQL wants a
 * connection of its own, outside any transaction. Of several servers one makes it.
 */
export function indexByOwner(adminUrl: string): IndexVectors {
  return async (_em, { id, dimensions }) => {
    if (!/^[\da-f-]{36}$/.test(id) || !Number.isInteger(dimensions)) {
      throw new Error('A vector index was asked for what is no namespace.')
    }
    const name = `vector_chunk_hnsw_${id.replaceAll('-', '')}`
    const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 5000 })
    client.on('error', () => undefined)
    await client.connect()
    try {
      const lock = `select pg_try_advisory_lock(hashtext($1)) as mine`
      const { rows } = await client.query<{ mine: boolean }>(lock, [name])
      if (rows[0]?.mine === true) await make(client, { name, id, dimensions })
    } finally {
      await client.end()
    }
  }
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
