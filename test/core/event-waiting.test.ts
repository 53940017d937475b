import { expect, test } from 'vitest'
import { createEventQueue, type Told } from '../../src/core/event-queue.ts'

function watched() {
  const seen = { isFull: false }
  const queue = createEventQueue(() => {
    seen.isFull = true
  })
  const token = (length: number) => queue.push({ event: 'token', data: 'x'.repeat(length) })
  return { ...queue, token, seen }
}

test('one event may be of any size, and what waits beside it not', () => {
  const { token, seen } = watched()
  token(1)
  token(3_000_000)
  token(999_000)
  expect(seen.isFull).toBe(false)
  token(1000)
  expect(seen.isFull).toBe(true)
})

test('of a record told anew the newest alone waits, where it was told, and fills nothing', async () => {
  const { push, token, end, events, seen } = watched()
  for (let step = 0; step < 100; step += 1) {
    const data = Array.from({ length: step }, () => 'x'.repeat(100_000))
    push({ event: 'agentFlowExecutedData', data })
    push({ event: 'agentReasoning', data })
    token(1)
  }
  expect(seen.isFull).toBe(false)
  end()
  const all: Told[] = []
  for await (const event of events(() => undefined)) all.push(event)
  const told = all.slice(-4)
  expect(told.map(({ event }) => event)).toEqual([
    'token',
    'agentFlowExecutedData',
    'agentReasoning',
    'token',
  ])
  expect(told[1]?.data).toHaveLength(99)
})
