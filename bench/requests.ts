import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Lab } from './lab.ts'
import { measure, type Load } from './load.ts'
import { atMost, compare, line, ms, numbers } from './report.ts'
import { owner, seed, type Seed } from './seed.ts'
import type { RunningServer } from './servers.ts'

/** Each with its yardstick and the least ratio. */
const rows: readonly (readonly [name: string, bare: string, target: number])[] = [
  ['REST list by key', 'bare list', 0.5],
  ['REST list by JWT', 'bare list', 0.5],
  ['GraphQL list by key', 'bare list', 0.45],
  ['REST verify', 'bare verify', 0.3],
]

/** Reads and key checks, beside a server of node:http and pg that runs the same queries on the same rows. */
export async function benchRequests(lab: Lab): Promise<void> {
  const env = { DATABASE_URL: lab.databaseUrl, DATA_DIR: join(lab.folder, 'postgres') }
  const server = await lab.flowgate(env)
  const bare = await lab.bare({ DATABASE_URL: lab.databaseUrl })
  const all = loads(server, bare, await seed(server.url))
  const { rounds, seconds } = lab.how
  const measured = await measure(all, rounds, seconds)
  for (const name of ['bare list', 'bare verify']) line(name, numbers(measured(name)))
  for (const [name, bareName, least] of rows) {
    compare(name, { ours: measured(name), bare: measured(bareName) }, least)
  }
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
