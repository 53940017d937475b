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
