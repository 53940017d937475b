import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Reading } from './probe.ts'

export interface RunningServer {
  readonly url: string
  /** From the start of the process to its first good answer. */
  readonly bootMs: number
  /** What of it was work of this process: on a busy machine the better figure. */
  readonly bootCpuMs: number
  read(): Promise<Reading>
  stop(): Promise<void>
}

export interface ServerPlan {
  /** Below the repository. */
  readonly script: string
  readonly port: number
  /** Answers 200 when the server is ready. */
  readonly readyPath: string
  readonly env: Readonly<Record<string, string>>
  /** Where its output goes. */
  readonly logFile: string
  /** More for `node`, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[]
}

const root = new URL('../', import.meta.url)
const patienceMs = 120_000

/** Starts a server as a process of its own and waits until it answers. */
export async function startServer(plan: ServerPlan): Promise<RunningServer> {
  const url = `http://127.0.0.1:${plan.port}`
  const log = openSync(plan.logFile, 'a')
  const args = ['--import', new URL('bench/probe.ts', root).href, ...(plan.nodeArgs ?? [])]
  const start = performance.now()
  const child = spawn(process.execPath, [...args, fileURLToPath(new URL(plan.script, root))], {
    env: { PATH: process.env['PATH'] ?? '', PORT: String(plan.port), ...plan.env },
    stdio: ['ignore', log, log, 'ipc'],
    cwd: fileURLToPath(root),
  })
  await untilReady(child, url + plan.readyPath, plan.logFile)
  const bootMs = performance.now() - start
  const read = async (): Promise<Reading> => {
    child.send('read')
    const [reading] = (await once(child, 'message')) as [Reading]
    return reading
  }
  return {
    url,
    bootMs,
    bootCpuMs: (await read()).cpuMs,
    read,
    async stop() {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

async function untilReady(child: ChildProcess, url: string, logFile: string): Promise<void> {
  const late = performance.now() + patienceMs
  for (;;) {
    const ready = await fetch(url).then(
      ({ status }) => status === 200 || status === 401,
      () => false,
    )
    if (ready) return
    if (child.exitCode !== null || performance.now() > late) {
      child.kill('SIGKILL')
      throw new Error(`A server did not get ready: ${readFileSync(logFile, 'utf8').slice(-2000)}`)
    }
    await wait(5)
  }
}
