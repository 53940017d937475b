/** What the thread of the embedded database is asked. */
export interface Question {
  readonly id: number
  readonly sql: string
  readonly params: readonly unknown[]
}

/** What it answers; the values of a row are texts in PostgreSQL's own format. */
export type Reply =
  | { readonly id: number; readonly result: RawResult }
  | { readonly id: number; readonly error: SqlError }

export interface RawResult {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly affectedRows: number | undefined
}

/** An error with PostgreSQL's fields, which would be lost between threads. */
export interface SqlError {
  readonly message: string
  readonly facts: Readonly<Record<string, string>>
}
