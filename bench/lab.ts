import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createBenchDatabase } from './database.ts'
import { owner } from './seed.ts'
import { startServer, type RunningServer } from './servers.ts'

/** What the measurements run in: a folder, a database, and servers that all go in the end. */
export interface Lab {
  readonly folder: string
  /** Of PostgreSQL. */
  readonly databaseUrl: string
  readonly how: { readonly rounds: number; readonly seconds: number }
  flowgate(env: Readonly<Record<string, string>>): Promise<RunningServer>
  /** A provider that takes no time. */
  provider(): Promise<RunningServer>
  /** The yardstick. */
  bare(env: Readonly<Record<string, string>>): Promise<RunningServer>
}

export interface LabOptions {
  readonly rounds: number
  readonly seconds: number
  /** Where servers leave a CPU profile. */
  readonly profile?: string
}

/** Does work in a lab of its own. */
export async function inLab(options: LabOptions, work: (lab: Lab) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'flowgate-bench-'))
  const database = await createBenchDatabase()
  const running: RunningServer[] = []
  const start = async (
    server: Pick<Parameters<typeof startServer>[0], 'script' | 'port' | 'readyPath' | 'nodeArgs'>,
    env: Readonly<Record<string, string>>,
  ): Promise<RunningServer> => {
    const logFile = join(folder, `${basename(server.script)}.log`)
    const started = await startServer({ ...server, env, logFile })
    running.push(started)
    return started
  }
  const { rounds, seconds, profile } = options
  const nodeArgs = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const ours = { script: 'src/start.mjs', port: 4620, readyPath: '/health/ready', nodeArgs }
  try {
    await work({
      folder,
      databaseUrl: database.url,
      how: { rounds, seconds },
      flowgate: (env) => start(ours, { ...settings(), ...env }),
      provider: () => start({ script: 'bench/provider.ts', port: 4622, readyPath: '/' }, {}),
      bare: (env) => start({ script: 'bench/bare.ts', port: 4621, readyPath: '/' }, env),
    })
  } finally {
    await Promise.all(running.map((server) => server.stop()))
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  }
}

function settings(): Record<string, string> {
  return {
    NODE_ENV: 'production',
    ADMIN_EMAIL: owner.email,
    ADMIN_PASSWORD: owner.password,
    JWT_SECRETS: `k1:${secret}`,
    VAULT_KEYS: `k1:${secret}`,
    // So that a key lists, and both sides look the same key up.
    API_KEYS_MANAGE: 'true',
    // The logins are all one account's.
    RATE_LIMITS: '{"loginPerAccount":{"limit":1000,"windowSeconds":900}}',
  }
}

/** The same for every start, so that a server opens what another has sealed. */
const secret = randomBytes(32).toString('base64')
