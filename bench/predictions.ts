import { Agent, request } from 'node:http'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import { measure, type Load, type Measure } from './load.ts'
import { atMost, compare, line, ms, numbers } from './report.ts'
import { addPredictionFlow, seed } from './seed.ts'
import type { RunningServer } from './servers.ts'

const connections = 10
const streamsARound = 100
/** Least ratio of predictions a second, most CPU of one, most ratio of the first token's delay. */
const targets = { ratio: 0.5, cpuMs: 2, firstToken: 2.5 } as const

/** Predictions with a provider that takes no time, beside a proxy that does the least there is to do. */
export async function benchPredictions(lab: Lab): Promise<void> {
  const provider = await lab.provider()
  const server = await lab.flowgate({
    DATABASE_URL: lab.databaseUrl,
    DATA_DIR: join(lab.folder, 'postgres'),
    EGRESS_ALLOW: new URL(provider.url).host,
  })
  const bare = await lab.bare({ DATABASE_URL: lab.databaseUrl, PROVIDER_URL: provider.url })
  const seeded = await seed(server.url)
  const flowId = await addPredictionFlow(server.url, seeded, provider.url)
  const load = (name: string, at: RunningServer, streaming: boolean): Load => ({
    name,
    server: at,
    path: `/api/v1/prediction/${flowId}`,
    token: seeded.apiKey,
    body: { question: 'Hello?', streaming },
    connections,
  })
  const loads = {
    bare: load('bare prediction', bare, false),
    ours: load('prediction', server, false),
    bareStream: load('bare stream', bare, true),
    ourStream: load('stream', server, true),
  }
  const measured = await measure(Object.values(loads), lab.how.rounds, lab.how.seconds)
  const of = ({ name }: Load): Measure => measured(name)
  line('Bare prediction, 10 connections', numbers(of(loads.bare)))
  compare('Prediction', { ours: of(loads.ours), bare: of(loads.bare) }, targets.ratio)
  const { cpuMsPerRequest } = of(loads.ours)
  line(
    'Prediction: CPU of the server',
    ms(cpuMsPerRequest),
    atMost(cpuMsPerRequest, targets.cpuMs, 'ms'),
  )
  line('Bare stream, 10 connections', numbers(of(loads.bareStream)))
  compare('Stream', { ours: of(loads.ourStream), bare: of(loads.bareStream) }, targets.ratio)
  await benchFirstToken(loads.ourStream, loads.bareStream, lab.how.rounds)
}

async function benchFirstToken(ours: Load, bare: Load, rounds: number): Promise<void> {
  const delays = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    delays.bare.push(...(await firstTokens(bare)))
    delays.ours.push(...(await firstTokens(ours)))
  }
  const [our, their] = [median(delays.ours), median(delays.bare)]
  const ratio = our / their
  const text = `${ms(our)}, ${ratio.toFixed(2)} times the bare ${ms(their)}`
  const { firstToken } = targets
  line(
    'First token of a stream, median',
    text,
    atMost(Number(ratio.toFixed(2)), firstToken, 'times'),
  )
}

/** Milliseconds from the question to the first token, of one stream after the other. */
async function firstTokens(load: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const delays: number[] = []
  for (let index = 0; index < streamsARound; index += 1) delays.push(await firstToken(load, agent))
  agent.destroy()
  return delays
}

function firstToken({ server, path, token, body }: Load, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    request(server.url + path, { method: 'POST', agent, headers }, (response) => {
      let delay: number | undefined
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        if (delay === undefined && text.includes('word0')) delay = performance.now() - start
      })
      response.on('end', () => {
        if (delay === undefined) reject(new Error('A stream had no token.'))
        else resolve(delay)
      })
    })
      .on('error', reject)
      .end(JSON.stringify(body))
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
