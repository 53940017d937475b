import { setTimeout as sleep } from 'node:timers/promises'
import { MikroORM } from '@mikro-orm/core'
import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { options } from '../../mikro-orm.config.ts'
import { boundOnPool } from './bound.ts'
import { connectionOptions, createDatabase, type Database } from './database.ts'
import {
  appliedMigrations,
  currentDatabase,
  DatabaseNotReady,
  missingRoleStatements,
  pending,
  pgvector,
  type Row,
  type Run,
} from './migrations.ts'
import { giveBackLost } from './pool.ts'
import { prepared, type Prepare } from './prepare.ts'
import { roleNames, type RoleNames } from './roles.ts'
import { indexingByOwner } from './vector-index.ts'

export interface PostgresTarget {
  readonly kind: 'postgres'
  readonly url: string
  /** Migrates and makes the roles. */
  readonly adminUrl: string
  readonly pool: number
}

const migrationsLock = 7_305_808_869

/** PostgreSQL that somebody else runs. Throws `DatabaseNotReady`. */
export async function openPostgres(target: PostgresTarget, prepare: Prepare): Promise<Database> {
  const admin = await connect(target.adminUrl)
  try {
    await admin.query('select pg_advisory_lock($1)', [migrationsLock])
    const run: Run = async (sql) => (await admin.query<Row>(sql)).rows
    const roles = roleNames(await currentDatabase(run))
    await ensureRoles(run, roles, target)
    // A server may lack pgvector, or the login the right to it: vectors are then compared here.
    await run(pgvector).catch(() => undefined)
    if (pending(await appliedMigrations(run)).length > 0) await migrate(target.adminUrl)
    const database = await serve(target, roles)
    return await prepared(database, prepare)
  } finally {
    // Ending the connection gives the lock back, however the start went.
    await admin.end()
  }
}

async function serve(target: PostgresTarget, roles: RoleNames): Promise<Database> {
  const orm = await MikroORM.init<PostgreSqlDriver>({
    ...options,
    driver: PostgreSqlDriver,
    clientUrl: target.url,
    dbName: databaseName(target.url),
    pool: { min: 0, max: target.pool },
    driverOptions: {
      options: connectionOptions(roles),
      connectionTimeoutMillis: 2000,
      onPoolCreated: giveBackLost,
    },
    extensions: [],
  })
  const connection = orm.em.getConnection()
  const runBound = boundOnPool(() => connection.getNativeClient())
  return createDatabase(
    { orm, kind: 'postgres', roles, indexing: indexingByOwner(target.adminUrl), runBound },
    async () => undefined,
  )
}

async function migrate(url: string): Promise<void> {
  const orm = await MikroORM.init<PostgreSqlDriver>({
    ...options,
    driver: PostgreSqlDriver,
    clientUrl: url,
    dbName: databaseName(url),
    migrations: { ...options.migrations, snapshot: false },
  })
  try {
    await orm.migrator.up()
  } finally {
    await orm.close()
  }
}

/** A database that starts together with us may take a moment: five tries within ten seconds. */
async function connect(url: string): Promise<Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (cause) {
      if (attempt === 5) {
        throw new DatabaseNotReady('The database of DATABASE_URL does not answer.', { cause })
      }
      await sleep(250 * 2 ** attempt * (0.5 + Math.random() / 2))
    }
  }
}

async function ensureRoles(run: Run, roles: RoleNames, target: PostgresTarget): Promise<void> {
  const [row] = await run('select current_user as name')
  const login = decodeURIComponent(new URL(target.url).username) || String(row?.name)
  const statements = await missingRoleStatements(run, roles, login)
  try {
    for (const statement of statements) await run(statement)
  } catch (cause) {
    const lines = statements.map((statement) => `  ${statement};`).join('\n')
    throw new DatabaseNotReady(
      `The database login may not make roles. Let an administrator run these lines once, then start again:\n${lines}`,
      { cause },
    )
  }
}

function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}
