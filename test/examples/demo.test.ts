import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { databaseKind } from '../harness.ts'
import { run } from './run.ts'

const file = fileURLToPath(new URL('../../src/cli/demo.ts', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'flowgate-test-'))
const started: ChildProcess[] = []
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(temporary, { recursive: true, force: true })
})

/** Starts `npm run demo`, with a folder of its own for what it keeps. */
function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [file], {
    // What is configured here must not reach a demo.
    env: { ...process.env, DATABASE_URL: 'postgres://nowhere', TMPDIR: temporary, ...env },
  })
  started.push(child)
  const heard = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      heard.text += chunk
    })
  }
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  return { child, heard, exit }
}

// It brings its own database.
describe.runIf(databaseKind === 'embedded' && process.platform !== 'win32')('npm run demo', () => {
  it('has flows to try, prints calls that work as they stand, and leaves nothing', async () => {
    const { child, heard, exit } = start({ PORT: '0' })
    await expect.poll(() => heard.text, { timeout: 120_000 }).toContain('/graphql -H')
    expect(heard.text).toMatch(/^The demo answers at http:\/\/127\.0\.0\.1:\d+ until/)
    const printed = await run('bash', ['-ec', heard.text.slice(heard.text.indexOf('#'))])
    const said = printed.split('\n').filter((line) => line !== '')
    const answers = said.filter((line) => !line.startsWith('data:')).map(read)
    expect(answers).toMatchObject([
      { text: 'The public flow heard: Hello!' },
      { text: 'The keyed flow heard: Hello!' },
      { statusCode: 401 },
      { text: 'The bound flow heard: Hello!' },
      { statusCode: 403 },
      [{ name: 'Bound flow' }, { name: 'Keyed flow' }, { name: 'Public flow', isPublic: true }],
      { data: { chatflows: [{}, {}, {}], apiKeys: [{}, {}] } },
    ])
    expect(said).toContain('data:{"event":"end","data":"[DONE]"}')

    child.kill('SIGINT')
    expect(await exit).toBe(0)
    expect(readdirSync(temporary)).toEqual([])
    expect(existsSync(temporary)).toBe(true)
  }, 180_000)

  it('says what to do when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { heard, exit } = start({ PORT: String((other.address() as AddressInfo).port) })
    expect(await exit).toBe(1)
    expect(heard.text).toBe('Something answers at that port already; try: PORT=3001 npm run demo\n')
    expect(readdirSync(temporary)).toEqual([])
    other.close()
  }, 180_000)
})

function read(line: string): unknown {
  return JSON.parse(line)
}
