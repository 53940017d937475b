import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Ctx } from '../../src/context.ts'
import type { StreamedEvent } from '../../src/rest/stream.ts'
import { openExchange } from '../../src/server/exchange.ts'
import { streamedAnswer } from '../../src/server/sse.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const exchange = openExchange({
  method: 'POST',
  target: '/api/v1/prediction/1',
  headers: {},
  peer: '192.0.2.1',
  body: null,
  signal: new AbortController().signal,
})

async function* oneToken(): AsyncGenerator<StreamedEvent> {
  yield { event: 'token', data: 'One' }
  await new Promise(() => undefined)
}

/** Tells so many at once, and a last one a moment later. */
async function* tokens(count: number): AsyncGenerator<StreamedEvent> {
  for (let at = 0; at < count; at += 1) yield { event: 'token', data: `${at}` }
  await pause(5)
  yield { event: 'end', data: '[DONE]' }
}

async function packetsOf(events: AsyncGenerator<StreamedEvent>): Promise<string[]> {
  const { body } = await streamedAnswer(
    exchange,
    async () => events,
    async () => ({}) as Ctx,
  )
  const packets: string[] = []
  const decoder = new TextDecoder()
  for await (const packet of body as ReadableStream<Uint8Array>)
    packets.push(decoder.decode(packet))
  return packets
}

const dataOf = (packets: readonly string[]) =>
  packets.map((packet) =>
    [...packet.matchAll(/^data:(.*)$/gm)].map(
      ([, json = '']) => (JSON.parse(json) as StreamedEvent).data,
    ),
  )

it('what is told in one turn leaves in one packet, the first token with it', async () => {
  expect(dataOf(await packetsOf(tokens(3)))).toEqual([['0', '1', '2'], ['[DONE]']])
})

it('what is told without a pause leaves in packets of a bounded size, and none of it is lost', async () => {
  const packets = await packetsOf(tokens(10_000))
  expect(Math.max(...packets.map(({ length }) => length))).toBeLessThan(66_000)
  expect(dataOf(packets).flat()).toEqual([
    ...Array.from({ length: 10_000 }, (_, at) => `${at}`),
    '[DONE]',
  ])
})

it('a stream that has nothing to tell says every 15 seconds that it lives, until its reader goes', async () => {
  const { body } = await streamedAnswer(
    exchange,
    async () => oneToken(),
    async () => ({}) as Ctx,
  )
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  const read = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await read()).toBe('data:{"event":"token","data":"One"}\n\n')
  const heard: string[] = []
  const beat = read().then((text) => heard.push(text))
  await vi.advanceTimersByTimeAsync(14_999)
  expect(heard).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  await beat
  expect(heard).toEqual([': \n\n'])
  void reader.cancel()
  expect(vi.getTimerCount()).toBe(0)
})
