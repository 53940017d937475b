import { expect, test } from 'vitest'
import { createEventQueue, type Told } from '../../src/core/event-queue.ts'

/** How many of these events may wait before the queue is full. */
function capacity(event: Told): number {
  let [count, full] = [0, Infinity]
  const { push } = createEventQueue(() => {
    full = Math.min(full, count)
  })
  for (; count < full && count < 100_000; count += 1) push(event)
  return count
}

test.each([
  ['long', 'x'.repeat(100_000), 11],
  ['of one character', 'x', 16_000],
  ['empty', '', 16_000],
  ['objects', { label: 'x'.repeat(100_000) }, 11],
])('threat 45: events that are %s fill the queue', (_what, data, most) => {
  expect(capacity({ event: 'token', data })).toBeLessThanOrEqual(most)
})

test('what was read makes room', async () => {
  let isFull = false
  const queue = createEventQueue(() => {
    isFull = true
  })
  const events = queue.events(() => undefined)
  for (let round = 0; round < 100; round += 1) {
    queue.push({ event: 'token', data: 'x'.repeat(100_000) })
    await events.next()
  }
  expect(isFull).toBe(false)
})
