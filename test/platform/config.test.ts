import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defaultRateLimits, variableNames } from '../../src/platform/config-variables.ts'
import { ConfigError, environment, readConfig } from '../../src/platform/config.ts'

const secret = Buffer.alloc(32, 7).toString('base64')
const postgres = 'postgres://user:hunter22@db.example.com:5432/flowgate'

test('nothing set gives the documented defaults', () => {
  expect(readConfig({})).toEqual({
    port: 3000,
    host: '127.0.0.1',
    database: { kind: 'embedded', dataDir: resolve('.data') },
    dataDir: resolve('.data'),
    admin: null,
    production: false,
    jwtSecrets: null,
    vaultKeys: null,
    jwtTtlSeconds: 900,
    refreshTtlSeconds: 2_592_000,
    apiKeysManage: false,
    anonymousAccess: true,
    introspection: true,
    redisUrl: null,
    corsOrigins: [],
    trustProxy: 0,
    logLevel: 'info',
    bodyLimitBytes: 10_485_760,
    uploadLimitBytes: 209_715_200,
    rateLimits: defaultRateLimits,
    egressAllow: [],
    retentionDays: 90,
    shutdownTimeoutSeconds: 25,
    dbPool: 10,
    metrics: { token: null, port: null },
    flowVariables: Object.create(null),
  })
})

test('empty values mean the defaults', () => {
  const empty = Object.fromEntries(variableNames.map((name) => [name, ' ']))
  expect(readConfig(empty)).toEqual(readConfig({}))
})

test('everything set is read', () => {
  const config = readConfig({
    PORT: '0',
    HOST: '::1',
    DATABASE_URL: postgres,
    DATABASE_ADMIN_URL: 'postgresql:///flowgate?host=/var/run/postgresql',
    DATA_DIR: '/var/lib/flowgate',
    ADMIN_EMAIL: 'owner@example.com',
    ADMIN_PASSWORD: ' with blanks ',
    JWT_SECRETS: `new:${secret}, old-1:${secret}`,
    VAULT_KEYS: `v.1:${Buffer.alloc(40, 255).toString('base64url')}`,
    JWT_TTL: '90',
    REFRESH_TTL: '12h',
    API_KEYS_MANAGE: 'TRUE',
    ANONYMOUS_ACCESS: 'off',
    INTROSPECTION: '0',
    REDIS_URL: 'rediss://cache:6380',
    CORS_ORIGINS: 'https://app.example.com, http://localhost:5173,',
    TRUST_PROXY: '2',
    LOG_LEVEL: 'trace',
    BODY_LIMIT: '64KB',
    UPLOAD_LIMIT: '50mb',
    RATE_LIMITS: '{"loginPerAccount":{"limit":5,"windowSeconds":60}}',
    EGRESS_ALLOW: 'localhost:11434,10.0.0.0/8,10.1.0.0/16:8080,fd00::/8,[fd00::/8]:80,::1,[::1]:81',
    RETENTION_DAYS: '7',
    SHUTDOWN_TIMEOUT: '5s',
    DB_POOL: '20',
    METRICS_TOKEN: 'abc',
    METRICS_PORT: '9090',
    NODE_ENV: 'production',
    FLOW_VAR_city: 'Bern',
    FLOW_VAR___proto__: 'x',
  })
  expect(config).toMatchObject({
    port: 0,
    host: '::1',
    database: { kind: 'postgres', url: postgres },
    admin: { email: 'owner@example.com', password: ' with blanks ' },
    production: true,
    jwtTtlSeconds: 90,
    refreshTtlSeconds: 43_200,
    apiKeysManage: true,
    anonymousAccess: false,
    introspection: false,
    corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
    bodyLimitBytes: 65_536,
    uploadLimitBytes: 52_428_800,
    rateLimits: { ...defaultRateLimits, loginPerAccount: { limit: 5, windowSeconds: 60 } },
    shutdownTimeoutSeconds: 5,
    metrics: { token: 'abc', port: 9090 },
  })
  expect(config.jwtSecrets?.map(({ kid }) => kid)).toEqual(['new', 'old-1'])
  expect(config.jwtSecrets?.[0]?.secret).toEqual(new Uint8Array(32).fill(7))
  expect(config.vaultKeys?.[0]?.secret).toHaveLength(40)
  expect(config.egressAllow).toHaveLength(7)
  expect(Object.entries(config.flowVariables)).toEqual([
    ['city', 'Bern'],
    ['__proto__', 'x'],
  ])
})

test('the admin connection is the serving one unless it is set', () => {
  const { database } = readConfig({ DATABASE_URL: postgres })
  expect(database).toEqual({ kind: 'postgres', url: postgres, adminUrl: postgres })
})

test('the configuration is frozen, all the way down', () => {
  const config = readConfig({})
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.rateLimits.loginPerAccount)).toBe(true)
  expect(Object.isFrozen(config.corsOrigins)).toBe(true)
})

describe('malformed values', () => {
  const malformed: readonly (readonly [string, string])[] = [
    ['PORT', '65536'],
    ['PORT', '3e3'],
    ['PORT', '-1'],
    ['HOST', 'http://x/'],
    ['DATABASE_URL', 'mysql://x'],
    ['DATABASE_URL', 'localhost'],
    ['ADMIN_EMAIL', 'owner'],
    ['ADMIN_PASSWORD', 'short'],
    ['JWT_TTL', '15 minutes'],
    ['JWT_TTL', '0'],
    ['JWT_TTL', '2d'],
    ['REFRESH_TTL', '400d'],
    ['API_KEYS_MANAGE', 'maybe'],
    ['REDIS_URL', '127.0.0.1:6379'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://app.example.com/'],
    ['CORS_ORIGINS', 'app.example.com'],
    ['TRUST_PROXY', 'true'],
    ['LOG_LEVEL', 'verbose'],
    ['BODY_LIMIT', '1gb'],
    ['BODY_LIMIT', '0'],
    ['UPLOAD_LIMIT', '2000mb'],
    ['RATE_LIMITS', '{'],
    ['RATE_LIMITS', '{"login":{"limit":5,"windowSeconds":60}}'],
    ['RATE_LIMITS', '{"loginPerAccount":{"limit":0,"windowSeconds":60}}'],
    ['RATE_LIMITS', '[]'],
    ['EGRESS_ALLOW', 'http://localhost'],
    ['EGRESS_ALLOW', '10.0.0.0/33'],
    ['EGRESS_ALLOW', 'localhost:99999'],
    ['EGRESS_ALLOW', '*'],
    ['RETENTION_DAYS', '0'],
    ['DB_POOL', '0'],
    ['METRICS_PORT', 'x'],
  ]
  test.for(malformed)('%s=%s is refused in one sentence that names it', ([name, value]) => {
    const message = refusal({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name} [^\\n]+\\.$`))
  })

  test('what must go together', () => {
    expect(refusal({ ADMIN_EMAIL: 'a@example.com' })).toMatch(/^ADMIN_PASSWORD is required/)
    expect(refusal({ ADMIN_PASSWORD: 'long enough' })).toMatch(/^ADMIN_EMAIL is required/)
    expect(refusal({ DATABASE_ADMIN_URL: postgres })).toMatch(/^DATABASE_ADMIN_URL /)
    expect(refusal({ METRICS_PORT: '3000' })).toMatch(/^METRICS_PORT must differ/)
  })
})

describe('secrets', () => {
  const weak = [
    'changeme',
    'k1:changeme',
    `k1:${Buffer.alloc(31).toString('base64')}`,
    secret,
    `:${secret}`,
    `__proto__:${secret}`,
    `k1:${secret},k1:${secret}`,
    `k1:${secret},k2:short`,
    `k1:${secret} k2:${secret}`,
    `k1:not base64 at all, though it is quite long enough`,
    ',',
  ]
  test.for(weak)('threat 14: JWT_SECRETS=%s is refused, and not repeated', (value) => {
    const message = refusal({ JWT_SECRETS: value })
    expect(message).toMatch(/^JWT_SECRETS must be [^\n]+\.$/)
    expect(message).not.toContain(secret)
    expect(refusal({ VAULT_KEYS: value })).toMatch(/^VAULT_KEYS must be /)
  })

  test('threat 14: production on PostgreSQL needs both', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: postgres }
    expect(refusal(production)).toMatch(/^JWT_SECRETS is required /)
    const half = { ...production, JWT_SECRETS: `k1:${secret}` }
    expect(refusal(half)).toMatch(/^VAULT_KEYS is required /)
    expect(readConfig({ ...half, VAULT_KEYS: `k1:${secret}` }).production).toBe(true)
    expect(readConfig({ NODE_ENV: 'production' }).production).toBe(true)
  })
})

describe('unknown variables', () => {
  const misspelt = [
    ['JWT_SECRET', 'JWT_SECRETS'],
    ['VAULT_KEY', 'VAULT_KEYS'],
    ['JWT_SECRETS_OLD', 'JWT_SECRETS'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['RATE_LIMIT', 'RATE_LIMITS'],
    ['BODY_LIMITS', 'BODY_LIMIT'],
    ['ADMIN_PASWORD', 'ADMIN_PASSWORD'],
    ['API_KEY_MANAGE', 'API_KEYS_MANAGE'],
  ] as const
  test.for(misspelt)('threat 14: %s is taken for a misspelt %s', ([name, meant]) => {
    expect(refusal({ [name]: 'x' })).toBe(`${name} is not a known variable; did you mean ${meant}?`)
  })

  test('threat 14: one with a beginning of ours is refused', () => {
    expect(refusal({ FLOWGATE_MODE: 'x' })).toMatch(/^FLOWGATE_MODE is not a known variable/)
  })

  test('ordinary ones are left alone', () => {
    const ordinary =
      'PATH HOME HOSTNAME HOSTS LOGNAME LOGLEVEL_X USER TZ LANG CI PWD OLDPWD SHELL TERM PORTS ' +
      'PORT_80 NODE_OPTIONS NODE_PATH NODE_VERSION NODE_EXTRA_CA_CERTS npm_config_cache DB_PORT ' +
      'DB_HOST DB_USER REDIS_HOST REDIS_PORT DATABASE PGHOST PGDATABASE PG_POOL HTTP_PROXY NO_PROXY ' +
      'VAULT_ADDR VAULT_TOKEN OPENAI_API_KEY API_KEY GITHUB_TOKEN METRICS_SERVICE_HOST ' +
      'METRICS_PORT_9090_TCP_ADDR FLOWGATE_SERVICE_PORT_HTTP XDG_DATA_DIRS DEBUG VITEST'
    const env = Object.fromEntries(ordinary.split(' ').map((name) => [name, 'x']))
    expect(() => readConfig(env)).not.toThrow()
    expect(() => readConfig({ FLOWGATE_PORT: 'tcp://10.0.0.1:3000' })).not.toThrow()
    expect(() => readConfig({ ...environment(), PORT: undefined })).not.toThrow()
  })
})

test('.env.example shows every variable, in order, with its default', () => {
  const lines = readFileSync(resolve('.env.example'), 'utf8').split('\n')
  const shown = lines.flatMap((line) => /^# ([A-Z_]+)=(.*)$/.exec(line)?.slice(1, 3) ?? [])
  const names = shown.filter((_, index) => index % 2 === 0)
  expect(names).toEqual(variableNames)
  const examples = new Set(['DATABASE_URL', 'DATABASE_ADMIN_URL', 'ADMIN_EMAIL', 'REDIS_URL'])
  const env = Object.fromEntries(
    names.map((name, index) => [name, examples.has(name) ? '' : shown[2 * index + 1]]),
  )
  expect(readConfig(env)).toEqual(readConfig({}))
})

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('The configuration was accepted')
}
