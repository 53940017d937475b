import { reencryptCredentials } from '../credentials/rotation.ts'
import { CommandError, runCommand } from './command.ts'

/** `npm run reencrypt`: puts every credential under the newest vault key. May be run again at any time. */
await runCommand(async ({ database, vault, secrets, say }) => {
  const newest = secrets.vault[0]?.kid ?? ''
  const { resealed, failed } = await reencryptCredentials(database, vault, newest)
  say(`${resealed} credentials are newly under the vault key "${newest}".`)
  if (failed.length > 0) {
    throw new CommandError(
      `${failed.length} do not open with the configured keys: ${failed.join(', ')}.`,
    )
  }
})
