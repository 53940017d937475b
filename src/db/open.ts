import { mkdirSync, readdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MikroORM } from '@mikro-orm/core'
import type { PgliteDriver } from '@mikro-orm/pglite'
import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { options } from '../../mikro-orm.config.ts'
import { assumeServingRole, connectionOptions, createDatabase, type Database } from './database.ts'
import { claimFolder } from './lock-file.ts'
import { giveBackLost } from './pool.ts'
import { quoteIdentifier, roleNames, roleStatements, type RoleNames } from './roles.ts'

export interface EmbeddedTarget {
  readonly kind: 'embedded'
  readonly dataDir: string
}

export interface PostgresTarget {
  readonly kind: 'postgres'
  readonly url: string
  /** Migrates and makes the roles. */
  readonly adminUrl: string
  readonly pool: number
}

/** Runs once after migrating, while no other instance can: makes what an empty database lacks. */
export type Prepare = (database: Database) => Promise<void>

/** A start that cannot go on until somebody does what the message says. */
export class DatabaseNotReady extends Error {
  override readonly name = 'DatabaseNotReady'
}

const migrationsLock = 7_305_808_869
const pgvector = 'create extension if not exists vector'

/**
 * Opens the database, brings it to the newest migration and prepares it; when it returns, requests
 * may be served. Throws `FolderInUse` or `DatabaseNotReady` with a sentence for the operator.
 */
export async function openDatabase(
  target: EmbeddedTarget | PostgresTarget,
  prepare: Prepare,
): Promise<Database> {
  return target.kind === 'embedded' ? openEmbedded(target, prepare) : openPostgres(target, prepare)
}

async function openEmbedded(target: EmbeddedTarget, prepare: Prepare): Promise<Database> {
  const release = claimFolder(target.dataDir)
  try {
    const folder = join(target.dataDir, 'database')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Loaded here: on PostgreSQL it would only take memory.
    const [pglite, { vector }] = await Promise.all([
      import('@mikro-orm/pglite'),
      import('@electric-sql/pglite-pgvector'),
    ])
    const orm = await MikroORM.init<PgliteDriver>({
      ...options,
      driver: pglite.PgliteDriver,
      dbName: folder,
      driverOptions: { extensions: { vector } },
      migrations: { ...options.migrations, snapshot: false },
    })
    const roles = await migrateEmbedded(orm)
    const database = createDatabase({ orm, kind: 'embedded', roles }, release)
    return await prepared(database, prepare)
  } catch (error) {
    release()
    throw error
  }
}

async function migrateEmbedded(orm: MikroORM<PgliteDriver>): Promise<RoleNames> {
  const run = (sql: string): Promise<Row[]> => orm.em.fork().execute<Row[]>(sql)
  const roles = roleNames(await currentDatabase(run))
  if (pending(await appliedMigrations(run)).length > 0) {
    for (const statement of await missingRoleStatements(run, roles, 'postgres')) {
      await run(statement)
    }
    await run(pgvector)
    await orm.migrator.up()
  }
  await assumeServingRole(orm, roles)
  return roles
}

async function openPostgres(target: PostgresTarget, prepare: Prepare): Promise<Database> {
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

/** A database that is not ready after all is let go of. */
async function prepared(database: Database, prepare: Prepare): Promise<Database> {
  try {
    await prepare(database)
    return database
  } catch (error) {
    await database.close()
    throw error
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
  return createDatabase({ orm, kind: 'postgres', roles }, () => undefined)
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

type Row = Record<string, unknown>
type Run = (sql: string) => Promise<Row[]>

async function currentDatabase(run: Run): Promise<string> {
  const [row] = await run('select current_database() as name')
  return String(row?.name)
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

async function missingRoleStatements(run: Run, roles: RoleNames, login: string): Promise<string[]> {
  const names = Object.values(roles) as string[]
  const rows = await run(
    `select rolname as name, pg_has_role(${quoteText(login)}, oid, 'member') as granted
     from pg_roles where rolname in (${names.map(quoteText).join(', ')})`,
  )
  const granted = new Map(rows.map((row) => [String(row.name), row.granted === true]))
  const isMember = names.every((name) => granted.get(name))
  const existing = new Set(
    names
      .filter((name) => granted.has(name))
      .map((name) => `create role ${quoteIdentifier(name)} nologin`),
  )
  return roleStatements(roles, isMember ? [] : [login]).filter(
    (statement) => !existing.has(statement),
  )
}

async function appliedMigrations(run: Run): Promise<string[]> {
  const [table] = await run(
    `select to_regclass('public.mikro_orm_migrations') is not null as known`,
  )
  if (table?.known !== true) return []
  return (await run('select name from mikro_orm_migrations')).map((row) => String(row.name))
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Names of migrations yet to run. Throws when the database is ahead of this program. */
function pending(applied: readonly string[]): string[] {
  const known = readdirSync(options.migrations.path)
    .filter((file) => /^Migration\d+.*\.(ts|js)$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => basename(file, extname(file)))
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new DatabaseNotReady(
      `The database was migrated by a newer version (${unknown.join(', ')}); start that version.`,
    )
  }
  return known.filter((name) => !applied.includes(name))
}

function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}
