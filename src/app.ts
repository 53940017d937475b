import { createHash, hkdfSync } from 'node:crypto'
import { ensureOwner, type OwnerLogin } from './accounts/first-owner.ts'
import { createKeyUses } from './apikeys/usage.ts'
import { createAudit } from './audit/record.ts'
import { startRetention } from './audit/retention.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { admitToFlow } from './chatflows/admission.ts'
import type { Deps } from './context.ts'
import { createVault } from './core/seal.ts'
import { createTokens } from './core/token.ts'
import type { Database } from './db/database.ts'
import { openDatabase } from './db/open.ts'
import { createFlowWorld } from './flow-world.ts'
import { createAccessCache } from './platform/access-cache.ts'
import { createAttempts } from './platform/attempts.ts'
import type { Bus } from './platform/bus/bus.ts'
import { createLocalBus } from './platform/bus/local.ts'
import { createPostgresBus } from './platform/bus/postgres.ts'
import { systemClock, type Clock } from './platform/clock.ts'
import type { Config } from './platform/config.ts'
import { createLimiter } from './platform/limiter/open.ts'
import { createLog, type Log } from './platform/log.ts'
import { loadMetrics, type MakeMetrics } from './platform/metrics.ts'
import { createRuns } from './platform/runs.ts'
import { loadSecrets, type Secrets } from './platform/secrets.ts'
import { createPasswords, type Passwords } from './platform/workers/passwords.ts'
import { schema } from './schema.ts'
import { createHttp, type Http } from './server/http.ts'
import { removeLeftovers } from './vectors/leftovers.ts'

/** The server without a socket: what `main.ts`, tests and benches all use. */
export interface App extends Http {
  readonly deps: Deps
  /** The login made up at this start, if one was. */
  readonly madeUpOwner: OwnerLogin | null
  /** Paths of secrets made up at this start. */
  readonly generatedSecrets: readonly string[]
  /** Writes what is left to write, and lets go of everything. */
  close(): Promise<void>
}

/** What tests put in place of the real thing. */
export interface Replacements {
  readonly clock?: Clock
  readonly log?: Log
  readonly passwords?: Passwords
}

/** Composes the server once. Throws what names the obstacle: ConfigError, FolderInUse, DatabaseNotReady, OwnerNeeded. */
export async function createApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const log = replacements.log ?? createLog({ level: config.logLevel })
  const passwords = replacements.passwords ?? createPasswords()
  const secrets = loadSecrets(config)
  let madeUpOwner: OwnerLogin | null = null
  const target =
    config.database.kind === 'embedded'
      ? config.database
      : { ...config.database, pool: config.dbPool }
  const database = await openDatabase(target, async (opened) => {
    madeUpOwner = await ensureOwner(opened, passwords, config.admin)
  }).catch(async (error: unknown) => {
    await passwords.close()
    throw error
  })
  const { deps, close } = compose({
    config,
    log,
    passwords,
    secrets,
    database,
    clock: replacements.clock ?? systemClock,
    makeMetrics: await loadMetrics(config),
  })
  const http = await createHttp({
    schema,
    deps,
    admitToFlow,
    authenticate: createAuthenticate(deps),
  })
  return { ...http, deps, madeUpOwner, generatedSecrets: secrets.generated, close }
}

/** Characters of flows and credentials that are kept at hand. */
const mostStoredText = 50_000_000

interface Parts {
  readonly config: Config
  readonly log: Log
  readonly passwords: Passwords
  readonly secrets: Secrets
  readonly database: Database
  readonly clock: Clock
  readonly makeMetrics: MakeMetrics
}

function compose(parts: Parts): { deps: Deps; close: () => Promise<void> } {
  const { config, log, secrets, database, clock } = parts
  const onError = (error: unknown): void => log.error({ err: error }, 'background work failed')
  const bus = createBus(config, onError)
  const limiter = createLimiter({ redisUrl: config.redisUrl, clock, onError })
  const world = createFlowWorld({ egressAllow: config.egressAllow, database, log, clock })
  const access = createAccessCache(bus, clock)
  const stored = createAccessCache(bus, clock, mostStoredText)
  const runs = createRuns(bus)
  const keyUses = createKeyUses(database, onError)
  const audit = createAudit(database, onError)
  const deps: Deps = {
    config,
    database,
    log,
    clock,
    bus,
    access,
    stored,
    runs,
    limiter,
    attempts: createAttempts(limiter),
    passwords: parts.passwords,
    tokens: createTokens(secrets.jwt, () => clock.now()),
    vault: createVault(secrets.vault),
    refreshSecret: derive(secrets.jwt[0]?.secret ?? new Uint8Array(), 'refresh'),
    ...world.deps,
    metrics: parts.makeMetrics({ runs: () => runs.active(), pool: () => database.pool() }),
    keyUses,
    audit,
  }
  const also = (oldest: Date): Promise<void> => removeLeftovers(database, oldest)
  const days = config.retentionDays
  const stopRetention = startRetention({ database, clock, log, days, also })
  const close = async (): Promise<void> => {
    stopRetention()
    runs.close()
    access.close()
    stored.close()
    // What is left to write goes first; whatever fails, the rest is closed all the same.
    await settle([keyUses.close(), audit.close()], onError)
    await settle(
      [...world.parts, bus, limiter, parts.passwords].map((part) => part.close()),
      onError,
    )
    await settle([database.close()], onError)
  }
  return { deps, close }
}

/** Instances that share a database tell each other what changed; the embedded one has no second. */
export function createBus(config: Config, onError: (error: unknown) => void): Bus {
  if (config.database.kind === 'embedded') return createLocalBus(onError)
  return createPostgresBus({ url: config.database.url, channel: 'flowgate', onError })
}

async function settle(
  closings: readonly Promise<unknown>[],
  onError: (error: unknown) => void,
): Promise<void> {
  for (const outcome of await Promise.allSettled(closings)) {
    if (outcome.status === 'rejected') onError(outcome.reason)
  }
}

function derive(secret: Uint8Array, purpose: string): Uint8Array {
  const salt = createHash('sha256').update('flowgate').digest()
  return new Uint8Array(hkdfSync('sha256', secret, salt, purpose, 32))
}
