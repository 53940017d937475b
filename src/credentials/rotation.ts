import { SealError, sealedUnder, type Vault } from '../core/seal.ts'
import type { Database } from '../db/database.ts'
import { placeOf } from './place.ts'

interface SealedRow {
  readonly id: string
  readonly workspaceId: string
  readonly encryptedData: string
}

export interface Rotation {
  /** Credentials now under the newest key that were not before. */
  readonly resealed: number
  /** Ids of credentials that do not open: their key is lost, or their data damaged. */
  readonly failed: readonly string[]
}

const batchSize = 200

/**
 * Re-encrypts every credential that is not under the newest vault key. It may be stopped and run
 * again at any time: each row is done or not, and one changed meanwhile keeps its change.
 */
export async function reencryptCredentials(
  database: Database,
  vault: Vault,
  newestKid: string,
): Promise<Rotation> {
  let resealed = 0
  const failed: string[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await readBatch(database, after)
    const last = rows.at(-1)
    if (!last) return { resealed, failed }
    for (const row of rows.filter((row) => sealedUnder(row.encryptedData) !== newestKid)) {
      const outcome = await reseal(database, vault, row)
      if (outcome === 'failed') failed.push(row.id)
      else resealed += 1
    }
    after = last.id
  }
}

/** Ids of the vault keys that stored credentials are sealed under. */
export async function keyIdsInUse(database: Database): Promise<string[]> {
  const rows = await database.rows<{ kid: string }>(
    database.jobsEm(),
    `select distinct split_part(encrypted_data, '.', 2) as kid from credential`,
  )
  return rows.map(({ kid }) => kid)
}

async function readBatch(database: Database, after: string): Promise<SealedRow[]> {
  return database.rows<SealedRow>(
    database.jobsEm(),
    `select id, workspace_id as "workspaceId", encrypted_data as "encryptedData"
     from credential where id > ? order by id limit ${batchSize}`,
    [after],
  )
}

async function reseal(
  database: Database,
  vault: Vault,
  row: SealedRow,
): Promise<'resealed' | 'failed'> {
  const place = placeOf(row)
  try {
    const sealed = vault.seal(vault.open(row.encryptedData, place), place)
    await database
      .jobsEm()
      .execute('update credential set encrypted_data = ? where id = ? and encrypted_data = ?', [
        sealed,
        row.id,
        row.encryptedData,
      ])
    return 'resealed'
  } catch (error) {
    if (error instanceof SealError) return 'failed'
    throw error
  }
}
