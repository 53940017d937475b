import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'
import { draw } from './vectors/harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

/** A flow that is nothing but code, and how its workspace asks it. */
async function flowOf(javascriptFunction: string, token: string) {
  const code = { id: 'f', name: 'customFunction', category: 'Utilities', output: 'EndingNode' }
  const flowData = draw([{ ...code, inputs: { javascriptFunction } }])
  const { id } = await app.addFlow({ flowData }, token)
  return () => app.rest('POST', `/prediction/${id}`, { token, body: { question: 'q' } })
}

it('code that never ends holds up its own workspace, and no other', async () => {
  const stranger = await app.addPerson()
  const loop = await flowOf('while (1);', stranger.token)
  const quick = await flowOf('return "quick"', app.owner.token)
  const loops = Array.from({ length: 32 }, () => loop())
  await sleep(1000)
  const begun = performance.now()
  const answers = [await quick(), await quick()]
  // Each loop has ten seconds, so a place in one queue would come after minutes.
  expect(performance.now() - begun).toBeLessThan(5000)
  expect(answers).toMatchObject([{ body: { text: 'quick' } }, { body: { text: 'quick' } }])
  app.app.deps.runs.interrupt()
  const ends = await Promise.all(loops)
  expect(new Set(ends.map(({ status }) => status))).toEqual(new Set([503]))
})
