import { createHash } from 'node:crypto'

/** The database roles the server acts under. None of them owns a table or may change one. */
export interface RoleNames {
  /** Serves requests; row-level security shows it one workspace, organization or user. */
  readonly app: string
  /** Reads what must be known before a workspace is: keys, sessions, people, heads of flows. */
  readonly lookup: string
  /** Flushes usage, makes the first owner, and runs the operator's commands. */
  readonly jobs: string
}

/**
 * Roles belong to a whole PostgreSQL cluster, so their names carry the database: two servers in
 * one cluster share none, and a login of the one opens nothing of the other.
 */
export function roleNames(database: string): RoleNames {
  const plain = /^[a-z0-9_]{1,40}$/.test(database)
    ? database
    : createHash('sha256').update(database).digest('hex').slice(0, 16)
  return {
    app: `flowgate_${plain}_app`,
    lookup: `flowgate_${plain}_lookup`,
    jobs: `flowgate_${plain}_jobs`,
  }
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The statements that make the roles and let a login act under them; for people to run by hand too. */
export function roleStatements(roles: RoleNames, logins: readonly string[]): string[] {
  const names = Object.values(roles) as string[]
  return [
    ...names.map((name) => `create role ${quoteIdentifier(name)} nologin`),
    ...logins.map(
      (login) => `grant ${names.map(quoteIdentifier).join(', ')} to ${quoteIdentifier(login)}`,
    ),
  ]
}
