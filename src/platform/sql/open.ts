import { createGuard, type Resolve } from '../egress/guard.ts'
import { readRows, type Select, type SqlRows } from './select.ts'
import { withSession, type SqlAccess } from './session.ts'
import { readTables, type SqlTable, type TablesWanted } from './tables.ts'

/** Reads the databases that flows name; PostgreSQL only. */
export interface Sql {
  readonly tables: (access: SqlAccess, wanted: TablesWanted) => Promise<readonly SqlTable[]>
  /** The first rows of one SELECT. */
  readonly query: (access: SqlAccess, select: Select) => Promise<SqlRows>
}

export interface SqlOptions {
  /** `EGRESS_ALLOW`: a host, address or CIDR each, with an optional `:port`. */
  readonly allow: readonly string[]
  readonly resolve?: Resolve
  readonly statementMs?: number
  readonly timeoutMs?: number
  readonly maxBytes?: number
}

/**
 * Each call has a connection of its own, to an address that passed the rules of every call out of
 * the server: public hosts on PostgreSQL's port, and what the operator allows.
 * @throws Error when an entry of `allow` is malformed.
 */
export function createSql(options: SqlOptions): Sql {
  const { allow, resolve } = options
  const { statementMs = 20_000, timeoutMs = 30_000, maxBytes = 8 * 1024 * 1024 } = options
  const guard = createGuard({ allow, resolve, ports: [5432] })
  const session = { guard, statementMs, timeoutMs, maxBytes }
  return {
    tables: (access, wanted) =>
      withSession(access, session, (client) => readTables(client, wanted)),
    query: (access, query) => withSession(access, session, (client) => readRows(client, query)),
  }
}
