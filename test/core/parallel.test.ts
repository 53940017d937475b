import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mapParallel } from '../../src/core/parallel.ts'

const { signal } = new AbortController()

test('some at once, and the results stand in the order of the items', async () => {
  let running = 0
  let most = 0
  const results = await mapParallel([30, 1, 10, 1, 5], { atOnce: 2, signal }, async (ms) => {
    most = Math.max(most, (running += 1))
    await wait(ms)
    running -= 1
    return ms
  })
  expect(results).toEqual([30, 1, 10, 1, 5])
  expect(most).toBe(2)
})

test('a failure ends what runs, and nothing more begins', async () => {
  const begun: number[] = []
  const ended: unknown[] = []
  const all = mapParallel([1, 2, 3, 4], { atOnce: 2, signal }, async (item, within) => {
    begun.push(item)
    if (item === 2) throw new Error('two')
    await wait(10_000, undefined, { signal: within }).catch((error: Error) => ended.push(error))
  })
  await expect(all).rejects.toThrow('two')
  await wait(5)
  expect(begun).toEqual([1, 2])
  expect(ended).toMatchObject([{ name: 'AbortError' }])
})

test('nothing begins once the caller has gone', async () => {
  const reason = new Error('gone')
  const all = mapParallel(
    [1],
    { atOnce: 2, signal: AbortSignal.abort(reason) },
    async (item) => item,
  )
  await expect(all).rejects.toBe(reason)
})
