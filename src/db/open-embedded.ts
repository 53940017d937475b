import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { MikroORM } from '@mikro-orm/core'
import type { PgliteDriver } from '@mikro-orm/pglite'
import { options } from '../../mikro-orm.config.ts'
import { boundEmbedded } from './bound.ts'
import { assumeServingRole, createDatabase, type Database } from './database.ts'
import { openEmbeddedPostgres, type EmbeddedPostgres } from './embedded.ts'
import { claimFolder } from './lock-file.ts'
import {
  appliedMigrations,
  currentDatabase,
  missingRoleStatements,
  pending,
  pgvector,
  type Row,
} from './migrations.ts'
import { prepared, type Prepare } from './prepare.ts'
import { roleNames, type RoleNames } from './roles.ts'
import { indexingEmbedded } from './vector-index.ts'

export interface EmbeddedTarget {
  readonly kind: 'embedded'
  readonly dataDir: string
}

/** PostgreSQL in a folder of ours. Throws `FolderInUse`, `DatabaseNotReady`. */
export async function openEmbedded(target: EmbeddedTarget, prepare: Prepare): Promise<Database> {
  const release = claimFolder(target.dataDir)
  const folder = join(target.dataDir, 'database')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const pglite = openEmbeddedPostgres(folder)
  const letGo = async (): Promise<void> => {
    await pglite.close()
    release()
  }
  try {
    const orm = await init(folder, pglite)
    const roles = await migrate(orm)
    const runBound = boundEmbedded(pglite)
    const database = createDatabase(
      { orm, kind: 'embedded', roles, indexing: indexingEmbedded, runBound },
      letGo,
    )
    return await prepared(database, prepare)
  } catch (error) {
    await letGo()
    throw error
  }
}

async function init(dbName: string, pglite: EmbeddedPostgres): Promise<MikroORM<PgliteDriver>> {
  // Loaded here, while the database starts: on PostgreSQL it would only take memory.
  const [{ PgliteDriver }] = await Promise.all([import('@mikro-orm/pglite'), pglite.waitReady])
  return MikroORM.init<PgliteDriver>({
    ...options,
    driver: PgliteDriver,
    dbName,
    driverOptions: { pglite },
    migrations: { ...options.migrations, snapshot: false },
  })
}

async function migrate(orm: MikroORM<PgliteDriver>): Promise<RoleNames> {
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
