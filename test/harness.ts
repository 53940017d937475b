import { randomBytes, randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { User } from '../src/accounts/entity.ts'
import { createApp, type App } from '../src/app.ts'
import { newId } from '../src/core/ids.ts'
import { keyPermissions, type Role } from '../src/core/permissions.ts'
import { normalizeEmail } from '../src/core/text.ts'
import type { Clock } from '../src/platform/clock.ts'
import { readConfig } from '../src/platform/config.ts'
import { createLog } from '../src/platform/log.ts'
import { createPasswords, type Passwords } from '../src/platform/workers/passwords.ts'
import { Membership, Organization, Workspace } from '../src/workspaces/entity.ts'
import { createClient, type Client, type Row } from './client.ts'
import { owner, passwordCost } from './setup/people.ts'
import { createDatabase, dropDatabases } from './setup/postgres-databases.ts'

export type { Answer, Row } from './client.ts'
export { owner } from './setup/people.ts'

/** Which database this run of the file is on. */
export const databaseKind = inject('database')

/** The real time, and what was added to it. */
export interface TestClock extends Clock {
  advance(seconds: number): void
}

export interface Person {
  readonly userId: string
  readonly workspaceId: string
  readonly organizationId: string
  readonly email: string
  readonly password: string
  readonly token: string
  readonly refreshToken: string
  readonly sessionId: string
}

export interface Key extends Row {
  readonly apiKey: string
  readonly apiSecret: string
}

export interface TestApp extends Client {
  readonly app: App
  readonly clock: TestClock
  /** Every line logged, at `trace`, as it would be written. */
  readonly logs: readonly string[]
  /** The owner, signed in. */
  readonly owner: Person
  /** The environment that another instance on the same database needs. */
  readonly env: Readonly<Record<string, string>>
  /** Makes a person in a workspace, by default a new one, and signs them in. */
  addPerson(wish?: PersonWish): Promise<Person>
  /** Makes a key as the owner, by default with every permission. */
  addKey(wish?: KeyWish): Promise<Key>
  addFlow(fields?: Record<string, unknown>, token?: string): Promise<Row>
  /** The JWT that a key is exchanged for. */
  exchange(key: Pick<Key, 'id' | 'apiSecret'>, scope?: string): Promise<string>
  close(): Promise<void>
}

export interface PersonWish {
  readonly workspaceId?: string
  readonly organizationId?: string
  readonly role?: Role
  readonly permissions?: readonly string[]
  readonly email?: string
}

export interface KeyWish {
  readonly permissions?: readonly string[]
  readonly token?: string
  readonly [field: string]: unknown
}

export interface StartOptions {
  /** Variables of the environment, beside those the harness sets. */
  readonly env?: Readonly<Record<string, string>>
  readonly passwords?: Passwords
  /** Another instance on the database of this one. */
  readonly beside?: TestApp
  /** Logged bugs are what the test is about; otherwise they fail it. */
  readonly expectsBugs?: boolean
}

/** Limits so wide that no test meets one by chance; a test of limits sets its own. */
const wide = { limit: 1_000_000, windowSeconds: 60 }
const wideLimits = JSON.stringify({
  loginPerAddress: wide,
  loginPerAccount: wide,
  refreshPerAddress: wide,
  exchangePerAddress: wide,
  verifyPerAddress: wide,
  anonymousPredictionPerAddress: wide,
})

/** A ring of one new secret, as the environment holds it. */
export const ring = (): string => `k1:${randomBytes(32).toString('base64')}`

/** Starts the server on a database of its own, with its owner signed in. */
export async function startApp(options: StartOptions = {}): Promise<TestApp> {
  const home = options.beside ? null : await makeHome()
  const env = {
    ADMIN_EMAIL: owner.email,
    ADMIN_PASSWORD: owner.password,
    JWT_SECRETS: ring(),
    VAULT_KEYS: ring(),
    RATE_LIMITS: wideLimits,
    LOG_LEVEL: 'trace',
    ...home?.env,
    ...options.beside?.env,
    ...options.env,
  }
  const logs: string[] = []
  const clock = createClock()
  const log = createLog({ level: 'trace', destination: { write: (line) => logs.push(line) } })
  const passwords = options.passwords ?? createPasswords({ cost: passwordCost, threads: 1 })
  const app = await createApp(readConfig(env), { clock, log, passwords })
  const client = createClient(app)
  const signedIn = await client.signIn(owner)
  const close = async (): Promise<void> => {
    await app.close()
    await home?.remove()
    refuseLeaks(logs, client.secrets, options.expectsBugs ?? false)
  }
  return {
    ...client,
    app,
    clock,
    logs,
    env,
    owner: signedIn,
    addPerson: (wish = {}) => addPerson(app, client, { in: signedIn, ...wish }),
    addKey: (wish = {}) => addKey(client, { token: signedIn.token, ...wish }),
    addFlow: (fields = {}, token = signedIn.token) => addFlow(client, fields, token),
    exchange: (key, scope) => exchange(client, key, scope),
    close,
  }
}

function createClock(): TestClock {
  let ahead = 0
  return {
    now: () => new Date(Date.now() + ahead),
    advance(seconds) {
      ahead += seconds * 1000
    },
  }
}

interface Home {
  readonly env: Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** A database for one app. */
async function makeHome(): Promise<Home> {
  if (databaseKind === 'embedded') {
    const folder = mkdtempSync(join(tmpdir(), 'flowgate-test-'))
    cpSync(inject('template'), folder, { recursive: true })
    return {
      env: { DATA_DIR: folder },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    }
  }
  const adminUrl = inject('adminUrl')
  const name = `${inject('prefix')}${randomBytes(4).toString('hex')}`
  const url = await createDatabase(adminUrl, name)
  return { env: { DATABASE_URL: url }, remove: () => dropDatabases(adminUrl, name) }
}

/** Nothing secret is ever logged, whatever the test was about; and nothing breaks unnoticed. */
function refuseLeaks(logs: readonly string[], secrets: Iterable<string>, bugs: boolean): void {
  const all = logs.join('')
  for (const secret of secrets) {
    if (all.includes(secret)) throw new Error(`A log line holds a secret: ${secret.slice(0, 6)}…`)
  }
  const bug = logs.find((line) => line.includes('"level":"error"'))
  if (bug !== undefined && !bugs) throw new Error(`A bug was logged: ${bug.slice(0, 2000)}`)
}

/** Straight into the database: people are managed by no operation yet. */
async function addPerson(
  app: App,
  client: Client,
  wish: PersonWish & { readonly in: Person },
): Promise<Person> {
  const { database, passwords } = app.deps
  const password = `pw-${randomUUID()}`
  const email = wish.email ?? `${randomUUID()}@example.com`
  const passwordHash = await passwords.hash(password)
  const userId = newId()
  const organizationId = wish.organizationId ?? wish.in.organizationId
  await database.jobsEm().transactional(async (em) => {
    const workspaceId = wish.workspaceId ?? newId()
    if (wish.organizationId !== undefined) {
      em.create(Organization, { id: organizationId, name: 'Another organization' })
      await em.flush()
    }
    if (wish.workspaceId === undefined) {
      em.create(Workspace, { id: workspaceId, organizationId, name: 'Another workspace' })
    }
    em.create(User, { id: userId, organizationId, email: normalizeEmail(email), passwordHash })
    await em.flush()
    em.create(Membership, {
      workspaceId,
      userId,
      role: wish.role ?? 'owner',
      permissions: wish.permissions ? [...wish.permissions] : null,
    })
  })
  return client.signIn({ email, password })
}

async function addKey(client: Client, { token, ...fields }: KeyWish): Promise<Key> {
  const answer = await client.rest<Key>('POST', '/apikey', {
    token,
    body: { keyName: 'A key', permissions: keyPermissions, ...fields },
  })
  if (answer.status !== 200) throw new Error(`No key was made: ${answer.text}`)
  return answer.body
}

async function addFlow(client: Client, fields: object, token: string): Promise<Row> {
  const body = { name: 'A flow', ...fields }
  const answer = await client.rest('POST', '/chatflows', { token, body })
  if (answer.status !== 200) throw new Error(`No flow was made: ${answer.text}`)
  return answer.body
}

async function exchange(
  client: Client,
  key: Pick<Key, 'id' | 'apiSecret'>,
  scope: string | undefined,
): Promise<string> {
  const answer = await client.rest<{ access_token: string }>('POST', '/auth/token', {
    body: {
      grant_type: 'client_credentials',
      client_id: key.id,
      client_secret: key.apiSecret,
      ...(scope === undefined ? {} : { scope }),
    },
  })
  if (answer.status !== 200) throw new Error(`The key was not exchanged: ${answer.text}`)
  return answer.body.access_token
}
