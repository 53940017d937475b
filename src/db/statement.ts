/** SQL with a `?` for each parameter. */
export interface Statement {
  readonly sql: string
  readonly params: readonly unknown[]
}

/**
 * Inserts rows of one table. Properties are columns in snake case, those of the first row those of
 * all; lists and plain objects become JSON.
 */
export function insertion(table: string, rows: readonly object[]): Statement {
  const properties = Object.keys(rows[0] ?? {})
  const places = `(${properties.map(() => '?').join(', ')})`
  return {
    sql: `insert into ${table} (${properties.map(snakeCase).join(', ')})
      values ${rows.map(() => places).join(', ')}`,
    params: rows.flatMap((row) => {
      const values: ReadonlyMap<string, unknown> = new Map(Object.entries(row))
      return properties.map((property) => stored(values.get(property)))
    }),
  }
}

const columns = new Map<string, string>()

/** The column of a property. */
export function snakeCase(name: string): string {
  const known = columns.get(name)
  if (known !== undefined) return known
  const column = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  columns.set(name, column)
  return column
}

function stored(value: unknown): unknown {
  const isPlain = typeof value === 'object' && value !== null
  if (!isPlain || value instanceof Date || ArrayBuffer.isView(value)) return value
  return JSON.stringify(value)
}
