import { Client } from 'pg'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Runs work on a connection of its own. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The same login at another database of its server. */
export function atDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Makes an empty database; returns where it is. */
export async function createDatabase(adminUrl: string, name: string): Promise<string> {
  await withClient(adminUrl, (client) => client.query(`create database ${quoteIdentifier(name)}`))
  return atDatabase(adminUrl, name)
}

/** Drops the databases whose names begin so, and the roles made for them. */
export async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [prefix],
    )
    for (const { name } of rows) {
      await client.query(`drop database if exists ${quoteIdentifier(name)} with (force)`)
      for (const role of Object.values<string>({ ...roleNames(name) })) {
        await client.query(`drop role if exists ${quoteIdentifier(role)}`)
      }
    }
  })
}
