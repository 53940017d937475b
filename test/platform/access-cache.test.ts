import { describe, expect, test } from 'vitest'
import { createAccessCache, type AccessTag } from '../../src/platform/access-cache.ts'
import { createLocalBus } from '../../src/platform/bus/local.ts'

const bus = createLocalBus((error) => {
  throw error
})

/** A cache, and a way to see whether it had to load what it was asked for. */
function cacheOf(most?: number) {
  const time = { now: 1_000_000 }
  const cache = createAccessCache(bus, { now: () => new Date(time.now) }, most)
  const isKept = async (key: string, size?: number): Promise<boolean> => {
    let isLoaded = false
    await cache.get(key, async () => {
      isLoaded = true
      const tags: readonly AccessTag[] = [`flow:${key}`]
      return { value: key, tags, ...(size === undefined ? {} : { size }) }
    })
    return !isLoaded
  }
  return { time, cache, isKept }
}

/** How many of these are kept; the others are from now on. */
async function countKept(keys: readonly string[], isKept: (key: string) => Promise<boolean>) {
  let count = 0
  for (const key of keys) count += Number(await isKept(key))
  return count
}

const keys = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `k${at}`)

describe('the cache of who may what', () => {
  test('holds as many entries as it may', async () => {
    const { isKept } = cacheOf(10)
    expect(await countKept(keys(10), isKept)).toBe(0)
    expect(await countKept(keys(10), isKept)).toBe(10)
  })

  test('begins anew when there are more, and goes on keeping', async () => {
    const { isKept } = cacheOf(10)
    await countKept(keys(11), isKept)
    expect(await isKept('k10')).toBe(true)
    expect(await countKept(keys(10), isKept)).toBe(0)
  })

  test('counts what entries weigh, and keeps none that is too heavy', async () => {
    const { isKept } = cacheOf(10)
    await isKept('six', 6)
    await isKept('four', 4)
    expect([await isKept('six'), await isKept('four')]).toEqual([true, true])
    await isKept('one', 1)
    expect([await isKept('one'), await isKept('six', 6)]).toEqual([true, false])
    await isKept('eleven', 11)
    expect(await isKept('eleven', 11)).toBe(false)
  })

  test('counts an entry once, however often it is over or forgotten', async () => {
    const { cache, time, isKept } = cacheOf(10)
    for (let turn = 0; turn < 20; turn += 1) {
      await isKept('three', 3)
      if (turn % 2 === 0) time.now += 60_000
      else await cache.forget('flow:three')
      expect(await isKept('three', 3)).toBe(false)
      expect(await isKept('three', 3)).toBe(true)
    }
    await isKept('seven', 7)
    expect([await isKept('three', 3), await isKept('seven', 7)]).toEqual([true, true])
  })

  test('keeps no answer that was on its way while something was forgotten', async () => {
    const { cache, isKept } = cacheOf()
    await cache.get('late', async () => {
      await cache.forget('flow:other')
      return { value: 'old', tags: ['flow:late'] }
    })
    expect(await isKept('late')).toBe(false)
    expect(await isKept('late')).toBe(true)
  })
})
