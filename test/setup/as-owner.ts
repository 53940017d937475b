import { databaseKind, type TestApp } from '../harness.ts'
import { withClient } from './postgres-databases.ts'

/** Runs a statement as the login that owns the tables, which no serving role may do. */
export async function asOwner({ app, env }: TestApp, sql: string): Promise<void> {
  if (databaseKind === 'postgres') {
    await withClient(env['DATABASE_URL'] ?? '', (client) => client.query(sql))
    return
  }
  await app.deps.database.workspaceEm({}).transactional(async (em) => {
    await em.execute('set local role none')
    await em.execute(sql)
  })
}
