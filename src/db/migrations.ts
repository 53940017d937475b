import { readdirSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { options } from '../../mikro-orm.config.ts'
import { quoteIdentifier, roleStatements, type RoleNames } from './roles.ts'

/** A start that cannot go on until somebody does what the message says. */
export class DatabaseNotReady extends Error {
  override readonly name = 'DatabaseNotReady'
}

export const pgvector = 'create extension if not exists vector'

export type Row = Record<string, unknown>
/** Runs one statement. */
export type Run = (sql: string) => Promise<Row[]>

export async function currentDatabase(run: Run): Promise<string> {
  const [row] = await run('select current_database() as name')
  return String(row?.name)
}

/** What is missing of the roles, and of their being granted to the login. */
export async function missingRoleStatements(
  run: Run,
  roles: RoleNames,
  login: string,
): Promise<string[]> {
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

/** Names of the migrations that the database has seen. */
export async function appliedMigrations(run: Run): Promise<string[]> {
  const [table] = await run(
    `select to_regclass('public.mikro_orm_migrations') is not null as known`,
  )
  if (table?.known !== true) return []
  return (await run('select name from mikro_orm_migrations')).map((row) => String(row.name))
}

/** Names of migrations yet to run. Throws when the database is ahead of this program. */
export function pending(applied: readonly string[]): string[] {
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

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
