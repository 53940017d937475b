import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countAlive } from './alive.ts'
import { piece, startWire } from './wire.ts'

let wire: Awaited<ReturnType<typeof startWire>>
/** What the provider sees. */
let [open, aborted] = [0, 0]

/** Says one word and falls silent: only the going of the client can end it. */
function oneWord(response: ServerResponse): void {
  open += 1
  response.once('close', () => {
    open -= 1
    if (!response.writableFinished) aborted += 1
  })
  response.write(piece('first'))
}

beforeAll(async () => {
  wire = await startWire(oneWord)
})
afterAll(() => wire.close())

type Ask = () => ReturnType<typeof wire.ask>

/** Reads up to the first token, and cuts the connection. */
async function cut(ask: Ask): Promise<void> {
  let told = ''
  for await (const bytes of await ask()) {
    told += String(bytes)
    if (told.includes('token')) break
  }
  expect(told).toContain('token')
}

/** Twenty at once, as a workspace may not have many more under way. */
async function cutMany(ask: Ask, count: number): Promise<void> {
  for (let done = 0; done < count; done += 20) {
    await Promise.all(Array.from({ length: 20 }, () => cut(ask)))
    await expect.poll(() => wire.app.app.deps.runs.active(), { interval: 10 }).toBe(0)
  }
}

describe('threat 44: a client that leaves after the first token', () => {
  it.each([
    ['of a prediction', 200, () => wire.ask()],
    ['of a subscription', 60, () => wire.subscribe()],
  ])(
    'threat 44: %s: %i of them leave no connection, timer, worker or run behind',
    async (_what, count, ask) => {
      const alive = countAlive()
      // The first ones load what is loaded once, and fill the pool of the database.
      await cutMany(ask, 20)
      await expect.poll(alive.now, { timeout: 5000 }).toBeLessThan(40)
      const before = { alive: alive.now(), aborted, recorded: (await wire.runs()).total }

      await cutMany(ask, count)
      await expect.poll(() => aborted - before.aborted, { timeout: 2000 }).toBe(count)
      expect(open).toBe(0)
      const { data, total } = await wire.runs()
      expect(total - before.recorded).toBe(count)
      expect(new Set(data.map(({ status }) => status))).toEqual(new Set(['TERMINATED']))
      // One of twenty would be seen; the pool has some more or less connections.
      await expect
        .poll(() => alive.now() - before.alive, { timeout: 5000 })
        .toBeLessThan(count / 20)
      alive.stop()
    },
    60_000,
  )
})
