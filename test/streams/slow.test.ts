import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { piece, startWire } from './wire.ts'

const would = 50_000_000

let wire: Awaited<ReturnType<typeof startWire>>
/** Bytes that were taken from the provider. */
let taken = 0
let stopped: Promise<unknown> = Promise.resolve()

/** Says as much as it gets rid of. */
async function talk(response: ServerResponse): Promise<void> {
  stopped = once(response, 'close')
  const { socket } = response
  const bytes = piece('x'.repeat(16_000))
  while (!response.destroyed && taken < would) {
    const ready = response.write(bytes) || once(response, 'drain')
    await Promise.race([ready, stopped])
    taken = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)
  }
  response.end()
}

beforeAll(async () => {
  wire = await startWire((response) => {
    taken = 0
    void talk(response)
  })
})
afterAll(() => wire.close())

describe('threat 45: a client that does not read its stream', () => {
  it.each([
    ['a prediction', () => wire.ask()],
    ['a subscription', () => wire.subscribe()],
  ])(
    'threat 45: %s of 50 MB is cut before it fills memory, and holds no run',
    async (_what, ask) => {
      const answer = await ask()
      await stopped
      // Most of it is in the buffers of the system, which are 6 MB on either side.
      expect(taken).toBeLessThan(16_000_000)
      await expect.poll(() => wire.app.app.deps.runs.active(), { timeout: 5000 }).toBe(0)
      const sentence = 'The answer was not read in time.'
      const [last] = (await wire.runs()).data
      expect(last).toMatchObject({ status: 'TERMINATED', error: sentence })
      // Who reads on after all is told, and gets nothing that was never taken.
      const told = await text(answer)
      expect(told).toContain(sentence)
      expect(told.length).toBeLessThan(taken + 1_000_000)
    },
    60_000,
  )
})
