import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../app.ts'
import { ConfigError, environment, readConfig } from '../platform/config.ts'
import { listen } from '../server/listen.ts'
import { demoLogin, seedDemo, type Demo } from './demo-workspace.ts'

// `npm run demo`: a server with something in it, in a folder that goes when it stops. It takes its
// address from the environment and nothing else, so that it never touches real data.
const folder = await mkdtemp(join(tmpdir(), 'flowgate-demo-'))
try {
  await serve()
} catch (error) {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (!taken && !(error instanceof ConfigError)) throw error
  const advice = taken ? 'Something answers at that port already; try: PORT=3001 npm run demo' : ''
  process.stderr.write(`${advice || String(error)}\n`)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function serve(): Promise<void> {
  const { PORT, HOST } = environment()
  const config = readConfig({
    PORT,
    HOST,
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    ADMIN_EMAIL: demoLogin.username,
    ADMIN_PASSWORD: demoLogin.password,
  })
  const app = await createApp(config)
  try {
    const listening = await listen(app, config)
    const stopped = firstSignal()
    const demo = await seedDemo(app)
    process.stdout.write(`${tell(listening.url, demo)}\n`)
    await stopped
    await listening.close()
  } finally {
    await app.close()
  }
}

function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve())
  })
}

/** What to try, to be pasted into a shell as a whole or line by line. */
function tell(url: string, demo: Demo): string {
  const api = `${url}/api/v1`
  const json = `-H 'Content-Type: application/json'`
  const ask = (flow: string, key: string | null, more = ''): string =>
    [
      `curl -sN -w '\\n' ${api}/prediction/${flow} ${json}`,
      ...(key === null ? [] : [`-H 'Authorization: Bearer ${key}'`]),
      `-d '{"question": "Hello!"${more}}'`,
    ].join(' \\\n  ')
  return `The demo answers at ${url} until you stop it with Ctrl-C; then all of it is gone.
Sign in as ${demoLogin.username} with the password ${demoLogin.password}

# The public flow answers anybody.
${ask(demo.publicFlow, null)}

# The same, while it is being written.
${ask(demo.publicFlow, null, ', "streaming": true')}

# The keyed flow answers API keys of its workspace that may predict.
${ask(demo.keyedFlow, demo.anyKey)}

# Without one it is 401.
${ask(demo.keyedFlow, null)}

# The bound flow answers its own key only.
${ask(demo.boundFlow, demo.boundKey)}

# Any other key is 403.
${ask(demo.boundFlow, demo.anyKey)}

# Sign in, and see the flows: over REST, then over GraphQL.
TOKEN=$(curl -s ${api}/auth/login ${json} \\
  -d '${JSON.stringify(demoLogin)}' \\
  | node -p 'JSON.parse(require("fs").readFileSync(0)).token')
curl -s -w '\\n' ${api}/chatflows -H "Authorization: Bearer $TOKEN"
curl -s -w '\\n' ${url}/graphql -H "Authorization: Bearer $TOKEN" ${json} \\
  -d '{"query": "{ chatflows { name isPublic apikeyid } apiKeys { keyName usageCount } }"}'
`
}
