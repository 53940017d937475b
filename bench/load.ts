import autocannon from 'autocannon'
import type { RunningServer } from './servers.ts'

/** One measured request, at one server. */
export interface Load {
  readonly name: string
  readonly server: RunningServer
  readonly path: string
  readonly token?: string
  /** Sent as JSON; a GET without. */
  readonly body?: unknown
  /** 32 when absent. */
  readonly connections?: number
}

export interface Measure {
  readonly perSecond: number
  /** Of the server's process, its threads included. */
  readonly cpuMsPerRequest: number
}

/** Code gets faster for some ten thousand requests, and servers run for weeks. */
const warmUpSeconds = 15

/** Runs every load once a round, in turn, so that what else the machine does falls on all of them. */
export async function measure(
  loads: readonly Load[],
  rounds: number,
  seconds: number,
): Promise<(name: string) => Measure> {
  const measured = new Map<string, Measure[]>(loads.map(({ name }) => [name, []]))
  for (const load of loads) await run(load, warmUpSeconds)
  for (let round = 0; round < rounds; round += 1) {
    for (const load of loads) measured.get(load.name)?.push(await run(load, seconds))
  }
  return (name) => median(measured.get(name) ?? [])
}

async function run(load: Load, seconds: number): Promise<Measure> {
  const { server, path, token, body, connections = 32 } = load
  const before = await server.read()
  const result = await autocannon({
    url: server.url + path,
    connections,
    duration: seconds,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { method: 'POST' as const, body: JSON.stringify(body) }),
  })
  const after = await server.read()
  if (result.non2xx + result.errors > 0) {
    throw new Error(`${load.name}: ${result.non2xx + result.errors} requests failed.`)
  }
  const { total } = result.requests
  return {
    perSecond: total / result.duration,
    cpuMsPerRequest: (after.cpuMs - before.cpuMs) / total,
  }
}

function median(measures: readonly Measure[]): Measure {
  const sorted = [...measures].sort((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (!middle) throw new Error('Nothing was measured.')
  return middle
}
