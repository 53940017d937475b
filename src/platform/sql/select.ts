import type { Client } from 'pg'

/** One SELECT that somebody else wrote. */
export interface Select {
  readonly text: string
  /** Rows that are wanted at most. */
  readonly limit: number
}

export interface SqlRows {
  readonly columns: readonly string[]
  /** Values as the database writes them. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** There were more than wanted. */
  readonly hasMore: boolean
}

/**
 * Reads the first rows. The text is taken for a cursor, which nothing but a SELECT can be and which
 * makes no more rows than are fetched; the extended protocol refuses a second statement.
 */
export async function readRows(client: Client, { text, limit }: Select): Promise<SqlRows> {
  await client.query('begin transaction read only')
  try {
    const declare = { text: `declare found no scroll cursor for ${text}`, queryMode: 'extended' }
    await client.query(declare)
    const fetch = { text: `fetch forward ${limit + 1} from found`, rowMode: 'array' } as const
    const { fields, rows } = await client.query<(string | null)[]>(fetch)
    const columns = fields.map(({ name }) => name)
    return { columns, rows: rows.slice(0, limit), hasMore: rows.length > limit }
  } finally {
    // Of a lost connection nothing is left to roll back.
    await client.query('rollback').catch(() => undefined)
  }
}
