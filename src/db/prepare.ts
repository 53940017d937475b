import type { Database } from './database.ts'

/** Runs once after migrating, while no other instance can: makes what an empty database lacks. */
export type Prepare = (database: Database) => Promise<void>

/** A database that is not ready after all is let go of. */
export async function prepared(database: Database, prepare: Prepare): Promise<Database> {
  try {
    await prepare(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
