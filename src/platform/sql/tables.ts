import { DatabaseError, escapeIdentifier, type Client } from 'pg'
import { Failure } from '../../core/errors.ts'

export interface SqlTable {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** A few of its rows, each value cut short. */
  readonly sample: readonly (readonly (string | null)[])[]
}

export interface TablesWanted {
  /** Undefined: every table. */
  readonly include: readonly string[] | undefined
  readonly ignore: readonly string[]
  readonly sampleRows: number
}

const mostColumns = 2000
const mostSampled = 40
const width = 100
/** A table that gives rows slower than this is described without. */
const sampleMs = 2000

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
}

/** What the login may read of the tables and views that it sees without naming a schema. */
const visibleColumns = `
  select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
  from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and pg_table_is_visible(c.oid) and has_column_privilege(c.oid, a.attnum, 'select')
    and ($1::text[] is null or c.relname = any ($1)) and c.relname <> all ($2::text[])
  order by c.relname, a.attnum
  limit ${mostColumns + 1}`

/** @throws Failure UNPROCESSABLE when there are too many columns to tell. */
export async function readTables(
  client: Client,
  { include, ignore, sampleRows }: TablesWanted,
): Promise<SqlTable[]> {
  const values = [include ?? null, ignore]
  const { rows } = await client.query<Column>(visibleColumns, values)
  if (rows.length > mostColumns) {
    const sentence = `it has more than ${mostColumns} columns; name the tables that matter.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  await client.query(`set statement_timeout = ${sampleMs}`)
  const tables: SqlTable[] = []
  for (const [name, own] of Map.groupBy(rows, ({ table }) => table)) {
    const columns = own.map(({ column, type }) => ({ name: column, type }))
    const limit = tables.length < mostSampled ? sampleRows : 0
    tables.push({ name, columns, sample: await sampleOf(client, { name, columns }, limit) })
  }
  return tables
}

async function sampleOf(
  client: Client,
  { name, columns }: Omit<SqlTable, 'sample'>,
  limit: number,
): Promise<SqlTable['sample']> {
  if (limit === 0) return []
  const cells = columns.map((column) => `left(${escapeIdentifier(column.name)}::text, ${width})`)
  const text = `select ${cells.join(', ')} from ${escapeIdentifier(name)} limit ${limit}`
  try {
    const { rows } = await client.query<(string | null)[]>({ text, rowMode: 'array' })
    return rows
  } catch (error) {
    // A view may be broken, or slow; the model does without its rows.
    if (error instanceof DatabaseError) return []
    throw error
  }
}
