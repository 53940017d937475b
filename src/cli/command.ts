import { createBus } from '../app.ts'
import { createVault, type Vault } from '../core/seal.ts'
import type { Database } from '../db/database.ts'
import { FolderInUse } from '../db/lock-file.ts'
import { DatabaseNotReady } from '../db/migrations.ts'
import { openDatabase } from '../db/open.ts'
import type { Bus } from '../platform/bus/bus.ts'
import { ConfigError, environment, readConfig, type Config } from '../platform/config.ts'
import { loadSecrets, type Secrets } from '../platform/secrets.ts'

/** What an operator's command works with. */
export interface Tools {
  readonly config: Config
  readonly database: Database
  readonly secrets: Secrets
  readonly vault: Vault
  /** Tells running servers that share the database. */
  readonly bus: Bus
  /** Prints a line. */
  say(line: string): void
}

/** A refusal that the operator can mend; its message is printed alone. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** Runs a command on the configured database, as the server would open it. */
export async function runCommand(command: (tools: Tools) => Promise<void>): Promise<void> {
  try {
    const config = readConfig(environment())
    const secrets = loadSecrets(config)
    const target =
      config.database.kind === 'embedded' ? config.database : { ...config.database, pool: 2 }
    const database = await openDatabase(target, async () => undefined)
    const bus = createBus(config, () => undefined)
    try {
      const vault = createVault(secrets.vault)
      const say = (line: string): unknown => process.stdout.write(`${line}\n`)
      await command({ config, database, secrets, vault, bus, say })
    } finally {
      await bus.close()
      await database.close()
    }
  } catch (error) {
    const known = [CommandError, ConfigError, FolderInUse, DatabaseNotReady]
    if (!(error instanceof Error) || !known.some((kind) => error instanceof kind)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
