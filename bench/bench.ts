import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createBenchDatabase } from './database.ts'
import { measure, type Load, type Measure } from './load.ts'
import { benchPredictions } from './predictions.ts'
import { atMost, compare, line, ms } from './report.ts'
import { owner, seed, type Seed } from './seed.ts'
import { startServer, type RunningServer } from './servers.ts'

// Flowgate beside a bare node:http and pg server that runs the same queries on the same rows, with
// everything on: row-level security, authentication, a log line a request. Ratios mean something;
// the rest hangs on the machine. With --profile DIR the server leaves a CPU profile there.

/** Each with its yardstick and the least ratio. */
const rows: readonly (readonly [name: string, bare: string, target: number])[] = [
  ['REST list by key', 'bare list', 0.5],
  ['REST list by JWT', 'bare list', 0.5],
  ['GraphQL list by key', 'bare list', 0.45],
  ['REST verify', 'bare verify', 0.3],
]

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    profile: { type: 'string' },
  },
})

const folder = await mkdtemp(join(tmpdir(), 'flowgate-bench-'))
const database = await createBenchDatabase()
const running: RunningServer[] = []
try {
  console.log(`Load of this machine before the bench: ${loadavg()[0]?.toFixed(1)}`)
  await benchEmbedded()
  await benchPostgres()
} finally {
  await Promise.all(running.map((server) => server.stop()))
  await database.drop()
  await rm(folder, { recursive: true, force: true })
}

async function benchEmbedded(): Promise<void> {
  const env = { ...settings(), DATA_DIR: join(folder, 'embedded') }
  const first = await flowgate(env)
  await first.stop()
  const again = await flowgate(env)
  await wait(2000)
  const { rssMb } = await again.read()
  await again.stop()
  line('Embedded: first start, ready after', boot(first))
  line('Embedded: reopened, ready after', boot(again), atMost(again.bootMs, 1500, 'ms'))
  line('Embedded: memory before load', `${Math.round(rssMb)} MB`)
}

async function benchPostgres(): Promise<void> {
  const provider = await startServer({
    script: 'bench/provider.ts',
    port: 4622,
    readyPath: '/',
    env: {},
    logFile: join(folder, 'provider.log'),
  })
  running.push(provider)
  const env = {
    ...settings(),
    DATABASE_URL: database.url,
    DATA_DIR: join(folder, 'postgres'),
    EGRESS_ALLOW: new URL(provider.url).host,
  }
  await (await flowgate(env)).stop()
  const server = await flowgate(env, options.profile)
  await wait(2000)
  const { rssMb } = await server.read()
  line('PostgreSQL: ready after', boot(server), atMost(server.bootMs, 1200, 'ms'))
  line('PostgreSQL: memory before load', `${Math.round(rssMb)} MB`, atMost(rssMb, 220, 'MB'))
  const bare = await startServer({
    script: 'bench/bare.ts',
    port: 4621,
    readyPath: '/',
    env: { DATABASE_URL: database.url, PROVIDER_URL: provider.url },
    logFile: join(folder, 'bare.log'),
  })
  running.push(bare)
  const seeded = await seed(server.url)
  const how = { rounds: Number(options.rounds), seconds: Number(options.seconds) }
  printLoads(await measure(loads(server, bare, seeded), how.rounds, how.seconds))
  const predictions = { seed: seeded, providerUrl: provider.url }
  await benchPredictions({ ours: server, bare }, predictions, how)
  await benchLogins(server)
}

function loads(server: RunningServer, bare: RunningServer, { jwt, apiKey }: Seed): Load[] {
  const list = '/api/v1/chatflows'
  const verify = `/api/v1/verify/apikey/${apiKey}`
  const query = `{ chatflows { id name flowData type deployed isPublic apikeyid category chatbotConfig
    apiConfig analytic speechToText textToSpeech followUpPrompts workspaceId createdDate updatedDate } }`
  return [
    { name: 'bare list', server: bare, path: list, token: apiKey },
    { name: 'REST list by key', server, path: list, token: apiKey },
    { name: 'REST list by JWT', server, path: list, token: jwt },
    { name: 'GraphQL list by key', server, path: '/graphql', token: apiKey, body: { query } },
    { name: 'bare verify', server: bare, path: verify },
    { name: 'REST verify', server, path: verify },
  ]
}

function printLoads(measured: ReadonlyMap<string, Measure>): void {
  for (const [name, bareName, least] of rows) {
    const [ours, bare] = [measured.get(name), measured.get(bareName)]
    if (!ours || !bare) continue
    compare(name, { ours, bare }, least)
  }
}

/** Fifty at once on one account: some are answered 503, as more than the queue holds would wait. */
async function benchLogins(server: RunningServer): Promise<void> {
  await server.read()
  await wait(3000)
  const idle = await server.read()
  const start = performance.now()
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const response = await fetch(`${server.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: owner.email, password: owner.password }),
      })
      await response.arrayBuffer()
      return response.status
    }),
  )
  const took = performance.now() - start
  const { stallMs } = await server.read()
  const good = statuses.filter((status) => status === 200).length
  const text = `${ms(stallMs)}, idle ${ms(idle.stallMs)} (${good} of 50 signed in, after ${ms(took)})`
  line('Longest stall during 50 logins', text, atMost(stallMs, 50, 'ms'))
}

function settings(): Record<string, string> {
  return {
    NODE_ENV: 'production',
    ADMIN_EMAIL: owner.email,
    ADMIN_PASSWORD: owner.password,
    JWT_SECRETS: `k1:${randomBytes(32).toString('base64')}`,
    VAULT_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    // So that a key lists, and both sides look the same key up.
    API_KEYS_MANAGE: 'true',
    // The logins are all one account's.
    RATE_LIMITS: '{"loginPerAccount":{"limit":1000,"windowSeconds":900}}',
  }
}

async function flowgate(
  env: Readonly<Record<string, string>>,
  profileDir?: string,
): Promise<RunningServer> {
  const server = await startServer({
    script: 'src/start.mjs',
    port: 4620,
    readyPath: '/health/ready',
    env,
    logFile: join(folder, 'flowgate.log'),
    ...(profileDir && { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] }),
  })
  running.push(server)
  return server
}

function boot({ bootMs, bootCpuMs }: RunningServer): string {
  return `${ms(bootMs)} (${ms(bootCpuMs)} of CPU)`
}
