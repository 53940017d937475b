import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OwnerNeeded, type OwnerLogin } from './accounts/first-owner.ts'
import { createApp, type App } from './app.ts'
import { FolderInUse } from './db/lock-file.ts'
import { DatabaseNotReady } from './db/open.ts'
import { ConfigError, environment, readConfig, type Config } from './platform/config.ts'
import { listen } from './server/listen.ts'

/** Starts the server and keeps it until SIGTERM or SIGINT. What the operator must mend ends it with one sentence. */
export async function main(): Promise<void> {
  try {
    await serve(readConfig(environment()))
  } catch (error) {
    const isForOperator =
      error instanceof ConfigError ||
      error instanceof FolderInUse ||
      error instanceof DatabaseNotReady ||
      error instanceof OwnerNeeded
    if (!isForOperator) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

async function serve(config: Config): Promise<void> {
  const app = await createApp(config)
  const listening = await listen(app, config)
  announce(app, config, listening.url)
  const signal = await firstSignal()
  app.deps.log.info({ signal }, 'stopping')
  // A second signal means "now": the default action takes it.
  await listening.close()
  await app.close()
}

function announce(app: App, config: Config, url: string): void {
  const lines = [
    `Flowgate answers at ${url}`,
    `  GraphQL   ${url}/graphql`,
    `  REST      ${url}/docs`,
  ]
  for (const path of app.generatedSecrets)
    lines.push(`Made a secret; keep it with your backups: ${path}`)
  if (app.madeUpOwner) lines.push(...tellOwner(app.madeUpOwner, config))
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** The password is shown to a person only; where nobody looks on, it goes to a file of its own. */
function tellOwner(owner: OwnerLogin, config: Config): string[] {
  if (process.stdout.isTTY) {
    return [`Sign in as ${owner.email} with the password ${owner.password} (shown only now).`]
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const path = join(config.dataDir, 'owner-password')
  writeFileSync(path, `${owner.password}\n`, { mode: 0o600 })
  return [`Sign in as ${owner.email}; the password is in ${path}`]
}

function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
  })
}
