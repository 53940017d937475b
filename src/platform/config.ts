import { resolve } from 'node:path'
import process from 'node:process'
import type { RateRule } from '../core/rate.ts'
import { findMisspelling } from './config-names.ts'
import type { SecretRing } from './config-values.ts'
import { variableNames, variables } from './config-variables.ts'
import type { RateLimitName, Values } from './config-variables.ts'

export type { SecretRing } from './config-values.ts'
export type { RateLimitName } from './config-variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type DatabaseConfig =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly adminUrl: string }

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** What the environment says, typed and checked; frozen, and read once at the start. */
export interface Config {
  /** 0 lets the system choose. */
  readonly port: number
  readonly host: string
  readonly database: DatabaseConfig
  /** Absolute path. */
  readonly dataDir: string
  readonly admin: { readonly email: string; readonly password: string } | null
  readonly production: boolean
  /** Null: made up and kept in `dataDir`. */
  readonly jwtSecrets: SecretRing | null
  readonly vaultKeys: SecretRing | null
  readonly jwtTtlSeconds: number
  readonly refreshTtlSeconds: number
  readonly apiKeysManage: boolean
  readonly anonymousAccess: boolean
  readonly introspection: boolean
  readonly redisUrl: string | null
  /** As a browser sends `Origin`. */
  readonly corsOrigins: readonly string[]
  /** Proxies in front whose `X-Forwarded-For` is believed; 0: none. */
  readonly trustProxy: number
  readonly logLevel: LogLevel
  readonly bodyLimitBytes: number
  /** Of a form with files. */
  readonly uploadLimitBytes: number
  readonly rateLimits: Readonly<Record<RateLimitName, RateRule>>
  /** Hosts, addresses or CIDRs, each with an optional port. */
  readonly egressAllow: readonly string[]
  readonly retentionDays: number
  readonly shutdownTimeoutSeconds: number
  /** Most database connections of this process. */
  readonly dbPool: number
  readonly metrics: { readonly token: string | null; readonly port: number | null }
  /** `FLOW_VAR_city=Bern` as `city: 'Bern'`. */
  readonly flowVariables: Readonly<Record<string, string>>
}

/** The environment cannot be used; the message is one sentence that names the variable. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

/** The environment of this process; nothing else in the project reads it. */
export function environment(): Environment {
  return process.env
}

const FLOW_PREFIX = 'FLOW_VAR_'

/**
 * Reads every variable the server knows.
 * @throws ConfigError for a malformed value, a misspelt name, or values that do not go together.
 */
export function readConfig(env: Environment): Config {
  const misspelt = findMisspelling(withoutFlowVariables(env), variableNames)
  if (misspelt !== null) {
    throw new ConfigError(
      `${misspelt.name} is not a known variable; did you mean ${misspelt.meant}?`,
    )
  }
  const given = Object.fromEntries(variableNames.map((name) => [name, givenValue(env, name)]))
  const parsed = variables.safeParse(given)
  if (parsed.success) return deepFreeze(toConfig(parsed.data, env))
  const issue = parsed.error.issues[0]
  throw new ConfigError(`${String(issue?.path[0])} ${issue?.message ?? 'is malformed'}.`)
}

function toConfig(values: Values, env: Environment): Config {
  const dataDir = resolve(values.DATA_DIR)
  const database = toDatabase(values, dataDir)
  const production = values.NODE_ENV === 'production'
  if (production && database.kind === 'postgres') requireSecrets(values)
  return {
    port: values.PORT,
    host: values.HOST,
    database,
    dataDir,
    admin: toAdmin(values),
    production,
    jwtSecrets: values.JWT_SECRETS ?? null,
    vaultKeys: values.VAULT_KEYS ?? null,
    jwtTtlSeconds: values.JWT_TTL,
    refreshTtlSeconds: values.REFRESH_TTL,
    apiKeysManage: values.API_KEYS_MANAGE,
    anonymousAccess: values.ANONYMOUS_ACCESS,
    introspection: values.INTROSPECTION,
    redisUrl: values.REDIS_URL ?? null,
    corsOrigins: values.CORS_ORIGINS,
    trustProxy: values.TRUST_PROXY,
    logLevel: values.LOG_LEVEL,
    bodyLimitBytes: values.BODY_LIMIT,
    uploadLimitBytes: values.UPLOAD_LIMIT,
    rateLimits: values.RATE_LIMITS,
    egressAllow: values.EGRESS_ALLOW,
    retentionDays: values.RETENTION_DAYS,
    shutdownTimeoutSeconds: values.SHUTDOWN_TIMEOUT,
    dbPool: values.DB_POOL,
    metrics: { token: values.METRICS_TOKEN ?? null, port: toMetricsPort(values) },
    flowVariables: flowVariables(env),
  }
}

function toDatabase(values: Values, dataDir: string): DatabaseConfig {
  const { DATABASE_URL: url, DATABASE_ADMIN_URL: adminUrl } = values
  if (url !== undefined) return { kind: 'postgres', url, adminUrl: adminUrl ?? url }
  if (adminUrl === undefined) return { kind: 'embedded', dataDir }
  throw new ConfigError(
    'DATABASE_ADMIN_URL has a meaning only with DATABASE_URL, which is not set.',
  )
}

function toAdmin(values: Values): Config['admin'] {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = values
  if (email !== undefined && password !== undefined) return { email, password }
  if (email === undefined && password === undefined) return null
  const [set, missing] =
    email === undefined ? ['ADMIN_PASSWORD', 'ADMIN_EMAIL'] : ['ADMIN_EMAIL', 'ADMIN_PASSWORD']
  throw new ConfigError(`${missing} is required when ${set} is set.`)
}

function toMetricsPort(values: Values): number | null {
  const port = values.METRICS_PORT
  if (port === undefined) return null
  if (port !== 0 && port === values.PORT) {
    throw new ConfigError(
      'METRICS_PORT must differ from PORT; to serve both on one, use METRICS_TOKEN.',
    )
  }
  return port
}

/** Secrets made up per instance would differ between instances and vanish with their disks. */
function requireSecrets(values: Values): void {
  for (const name of ['JWT_SECRETS', 'VAULT_KEYS'] as const) {
    if (values[name] !== undefined) continue
    throw new ConfigError(
      `${name} is required under NODE_ENV=production with DATABASE_URL; make a value with ` +
        `echo "k1:$(openssl rand -base64 32)".`,
    )
  }
}

/** Empty means unset, as Compose files write it. Blanks around a value go, but for a password. */
function givenValue(env: Environment, name: string): string | undefined {
  const value = env[name]
  if (value === undefined || value.trim() === '') return undefined
  return name === 'ADMIN_PASSWORD' ? value : value.trim()
}

function flowVariables(env: Environment): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith(FLOW_PREFIX) && value !== undefined) {
      found[name.slice(FLOW_PREFIX.length)] = value
    }
  }
  return found
}

function withoutFlowVariables(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(FLOW_PREFIX)))
}

/** Freezes all but the bytes of secrets: typed arrays cannot be frozen. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
