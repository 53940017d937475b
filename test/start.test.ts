import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const start = fileURLToPath(new URL('../src/start.mjs', import.meta.url))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowgate-start-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The server as a process of its own; `onOutput` may tell it to stop. */
function run(
  env: Record<string, string>,
  onOutput: (text: string, stop: () => void) => void = () => undefined,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [start], {
      env: { PATH: process.env['PATH'] ?? '', DATA_DIR: folder, PORT: '0', ...env },
      cwd: folder,
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk)
      onOutput(stdout, () => child.kill('SIGTERM'))
    })
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

describe('threat 14: a start with secrets that are', () => {
  it.each([
    ['too short', { JWT_SECRETS: 'changeme' }, 'JWT_SECRETS'],
    ['misspelt', { JWT_SECRET: 'x' }, 'JWT_SECRET'],
    [
      'missing in production',
      { NODE_ENV: 'production', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      'JWT_SECRETS',
    ],
  ])('%s ends with one line that names the variable', async (_, env, name) => {
    const { code, stderr, stdout } = await run(env)
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain(name)
    expect(stdout).toBe('')
  })
})

describe('a first start without any configuration', () => {
  it('threat 55: answers, with an owner made up and told to nobody but a file', async () => {
    let second: Promise<Ended> | undefined
    const answers: unknown[] = []
    const login = async (url: string): Promise<void> => {
      const path = join(folder, 'owner-password')
      const password = readFileSync(path, 'utf8').trim()
      expect(statSync(path).mode & 0o777).toBe(0o600)
      const response = await fetch(`${url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'owner@example.com', password }),
      })
      answers.push(response.status, password)
    }
    let isAsking = false
    const first = await run({}, (text, stop) => {
      const url = /answers at (\S+)/.exec(text)?.[1]
      if (!url || !text.includes('owner-password') || isAsking) return
      isAsking = true
      // Another process on the folder, while this one runs.
      second = run({})
      void Promise.allSettled([login(url), second]).then(stop)
    })
    expect([first.code, answers[0]]).toEqual([0, 200])
    expect(first.stdout + first.stderr).not.toContain(String(answers[1]))
    const refused = await second
    expect(refused?.code).toBe(1)
    expect(refused?.stderr).toMatch(/^Process \d+ already uses the data folder .*\n$/)
  }, 60_000)
})
