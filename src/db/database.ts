import type { MikroORM } from '@mikro-orm/core'
import type { PgliteDriver } from '@mikro-orm/pglite'
import {
  PostgreSqlConnection,
  type PostgreSqlDriver,
  type SqlEntityManager,
} from '@mikro-orm/postgresql'
import type { PoolReading } from '../platform/metrics.ts'
import type { RunBound } from './bound.ts'
import { settings, type WorkspaceFilter } from './columns.ts'
import { createLanes, type SendTexts } from './lanes.ts'
import { quoteIdentifier, type RoleNames } from './roles.ts'
import { inTransaction, send, sendTogether, written } from './send.ts'
import type { Statement } from './statement.ts'
import type { VectorIndexing } from './vector-index.ts'

/** Whose rows an EntityManager may see. What is left out shows nothing. */
export interface Scope {
  readonly workspaceId?: string
  readonly organizationId?: string
  readonly userId?: string
}

/** The three ways to a row. Each is a role of its own in the database. */
export interface Database extends VectorIndexing {
  readonly kind: 'embedded' | 'postgres'
  /** Rows of one workspace (organization, user): for whatever serves a caller. */
  workspaceEm(scope: Scope): SqlEntityManager
  /** Reads before a workspace is known; only the few look-ups named in the architecture test. */
  lookupEm(): SqlEntityManager
  /** Work that belongs to no caller: usage, retention, commands. */
  jobsEm(): SqlEntityManager
  /**
   * Runs one statement under the EntityManager's own role and scope, and gives its raw rows. On
   * PostgreSQL it is a single message, where a transaction is four. A `Uint8Array` among its
   * parameters is a `bytea`; outside a transaction a `Float32Array` is a `real[]`.
   */
  rows<T>(em: SqlEntityManager, sql: string, params?: readonly unknown[]): Promise<T[]>
  /**
   * Runs statements as one message, for whatever serves a caller: all or none. Takes no vectors. On
   * PostgreSQL small writes of one scope and `lane`, any name, share messages while one of theirs is
   * under way, in no particular order.
   */
  write(scope: Scope, statements: readonly Statement[], lane?: string): Promise<void>
  /** Throws when the database does not answer. */
  ping(): Promise<void>
  /** How busy the connections are; null for the embedded database, which has one. */
  pool(): Promise<PoolReading | null>
  close(): Promise<void>
}

export interface Opened {
  readonly indexing: VectorIndexing
  readonly orm: MikroORM<PostgreSqlDriver> | MikroORM<PgliteDriver>
  readonly kind: Database['kind']
  readonly roles: RoleNames
  readonly runBound: RunBound
}

/** Puts the three ways over an opened ORM. `close` also closes what `afterClose` names. */
export function createDatabase(opened: Opened, afterClose: () => Promise<void>): Database {
  const { orm, kind, roles } = opened
  const lanes = createLanes()
  const fork = (filter: WorkspaceFilter | null): SqlEntityManager => {
    const em = orm.em.fork() as unknown as SqlEntityManager
    if (filter) em.setFilterParams('workspace', { ...filter })
    return em
  }
  const acting = (role: string): SqlEntityManager => {
    const em = fork({ everywhere: true })
    em.setSessionContext({ role })
    return em
  }
  const workspaceEm = (scope: Scope): SqlEntityManager => {
    // Without a workspace the filter has no parameters, and a query for its rows throws.
    const em = fork(scope.workspaceId ? { id: scope.workspaceId } : null)
    em.setSessionContext({ variables: variablesOf(scope) })
    return em
  }
  return {
    kind,
    workspaceEm,
    lookupEm: () => acting(roles.lookup),
    jobsEm: () => acting(roles.jobs),
    ...opened.indexing,
    rows: <T>(em: SqlEntityManager, sql: string, params: readonly unknown[] = []) =>
      send<T>(em, { sql, params }, opened.runBound),
    async write(scope, statements, lane) {
      const connection = orm.em.getConnection()
      if (!(connection instanceof PostgreSqlConnection)) {
        await inTransaction(workspaceEm(scope), statements)
        return
      }
      const variables = variablesOf(scope)
      const texts = statements.map((statement) => written(statement, connection.getPlatform()))
      const sendTexts: SendTexts = (all) => sendTogether(connection, { variables }, all)
      if (lane === undefined) await sendTexts(texts)
      else await lanes.write(JSON.stringify([variables, lane]), texts, sendTexts)
    },
    async ping() {
      await orm.em.fork().execute('select 1')
    },
    pool: () => readPool(fork(null)),
    async close() {
      // The pool takes nothing more once it ends.
      await lanes.close()
      await orm.close()
      await afterClose()
    },
  }
}

function variablesOf(scope: Scope): Record<string, string> {
  const variables: Record<string, string> = {}
  if (scope.workspaceId) variables[settings.workspace] = scope.workspaceId
  if (scope.organizationId) variables[settings.organization] = scope.organizationId
  if (scope.userId) variables[settings.user] = scope.userId
  return variables
}

async function readPool(em: SqlEntityManager): Promise<PoolReading | null> {
  const connection = em.getConnection()
  if (!(connection instanceof PostgreSqlConnection)) return null
  const {
    totalCount: open,
    idleCount: idle,
    waitingCount: waiting,
  } = await connection.getNativeClient()
  return { open, idle, waiting }
}

/** PostgreSQL start-up options that put every pooled connection under the serving role at once. */
export function connectionOptions(roles: RoleNames): string {
  return [
    `-c role=${roles.app}`,
    '-c statement_timeout=30000',
    '-c idle_in_transaction_session_timeout=30000',
    '-c lock_timeout=10000',
  ].join(' ')
}

/** The embedded database has one connection: put it under the serving role for good. */
export async function assumeServingRole(
  orm: MikroORM<PgliteDriver>,
  roles: RoleNames,
): Promise<void> {
  await orm.em.fork().execute(`set role ${quoteIdentifier(roles.app)}`)
}
