import type { Database } from './database.ts'
import { openEmbedded, type EmbeddedTarget } from './open-embedded.ts'
import { openPostgres, type PostgresTarget } from './open-postgres.ts'
import type { Prepare } from './prepare.ts'

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
