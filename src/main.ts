import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OwnerNeeded, type OwnerLogin } from './accounts/first-owner.ts'
import { createApp, type App } from './app.ts'
import { loadEngine } from './chatflows/engine.ts'
import { FolderInUse } from './db/lock-file.ts'
import { DatabaseNotReady } from './db/migrations.ts'
import { ConfigError, environment, readConfig, type Config } from './platform/config.ts'
import { createMetricsHttp } from './server/http.ts'
import { listen, type Listening } from './server/listen.ts'

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
  const metrics = await listenForMetrics(app, config)
  const listening = await listen(app, config)
  announce(app, config, listening.url)
  // Loaded a moment later, when nobody waits: a start, or the first request, would.
  setTimeout(() => void Promise.all([import('./server/yoga.ts'), loadEngine()]), 1000).unref()
  const signal = await firstSignal()
  app.deps.log.info({ signal }, 'stopping')
  await listening.close()
  await metrics?.close()
  await app.close()
}

async function listenForMetrics({ deps }: App, config: Config): Promise<Listening | null> {
  const { port } = config.metrics
  return port === null ? null : listen(createMetricsHttp(deps), { ...config, port, trustProxy: 0 })
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

/** A second signal, whichever, means "now": nobody listens any more, so the default action takes it. */
function firstSignal(): Promise<string> {
  const names = ['SIGTERM', 'SIGINT'] as const
  return new Promise((resolve) => {
    const stop = (signal: string): void => {
      for (const name of names) process.removeListener(name, stop)
      resolve(signal)
    }
    for (const name of names) process.on(name, stop)
  })
}
