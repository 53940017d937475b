import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { owner } from '../harness.ts'
import { startServer, type LiveServer } from '../pages/live.ts'
import { run } from './run.ts'

const readme = new URL('../../README.md', import.meta.url)
/** What somebody reads and pastes, from the first call to the end of the stores. */
const [from, to] = ['## First calls', '## What may surprise you']

let server: LiveServer
let folder: string
beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(join(tmpdir(), 'flowgate-readme-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

it.skipIf(process.platform === 'win32')(
  'the calls of the README do what they say, pasted one after the other',
  { timeout: 90_000 },
  async () => {
    const script = join(folder, 'calls.sh')
    await writeFile(script, await calls())
    const printed = await run('bash', [script], { OPENAI_API_KEY: 'sk-none' })
    const refused = [...printed.matchAll(/"statusCode":(\d+)/g)].map(([, status]) => status)
    // The deleted key; and whoever is asked without a key of OpenAI's, and here without an internet.
    expect(refused).toEqual(['401', '502'])
    expect(printed).toContain('"text":"Hello!"')
    expect(printed).toMatch(/"numAdded":[1-9]/)
    expect(printed).toContain("pageContent: 'Parcels to Norway take four days.'")
  },
)

async function calls(): Promise<string> {
  const text = await readFile(readme, 'utf8')
  const part = text.slice(text.indexOf(from), text.indexOf(to))
  const blocks = [...part.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block)
  const pasted = blocks
    .join('\n')
    .replaceAll('http://127.0.0.1:3000', server.url)
    .replaceAll('handbook.txt', join(folder, 'handbook.txt'))
    .replace('$(cat .data/owner-password)', `'${owner.password}'`)
    .replace('owner@example.com', owner.email)
  return `set -euo pipefail\n${pasted}`
}
