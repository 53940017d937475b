import process from 'node:process'
import { Client } from 'pg'
import { roleNames } from '../src/db/roles.ts'

export interface BenchDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** A database of this run's own. `BENCH_DATABASE_URL` names a login that may make databases. */
export async function createBenchDatabase(): Promise<BenchDatabase> {
  const admin = process.env['BENCH_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const name = `flowgate_bench_${process.pid}`
  const url = new URL(admin)
  url.pathname = `/${name}`
  await query(admin, [`create database ${name}`])
  return {
    url: url.href,
    drop: () =>
      query(admin, [
        `drop database if exists ${name} with (force)`,
        ...Object.values(roleNames(name)).map((role: string) => `drop role if exists ${role}`),
      ]),
  }
}

async function query(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
