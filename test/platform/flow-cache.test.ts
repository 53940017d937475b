import { describe, expect, test } from 'vitest'
import { createFlowCache } from '../../src/platform/flow-cache.ts'

const hourMs = 3_600_000

/** A cache at a time that the test sets; the numbers are bytes. */
function cacheAt(sizes: { maxBytes?: number; maxEntryBytes?: number } = {}) {
  const time = { now: 1_000_000 }
  const clock = { now: () => new Date(time.now) }
  return { time, cache: createFlowCache({ clock, ...sizes }) }
}

describe('the cache of flows', () => {
  test('remembers until the time is over', async () => {
    const { cache, time } = cacheAt()
    const own = cache.of('w')
    expect(await own.get('k')).toBeUndefined()
    await own.set('k', 'v', 100)
    time.now += 99
    expect(await own.get('k')).toBe('v')
    time.now += 1
    expect(await own.get('k')).toBeUndefined()
    time.now -= 50
    expect(await own.get('k')).toBeUndefined()
  })

  test('shows each workspace its own entries only', async () => {
    const { cache } = cacheAt()
    await cache.of('a').set('k', 'of a', hourMs)
    expect(await cache.of('b').get('k')).toBeUndefined()
    await cache.of('b').set('k', 'of b', hourMs)
    expect(await cache.of('a').get('k')).toBe('of a')
  })

  // Each of these entries takes 2 × (3 + 47) = 100 bytes.
  const value = 'x'.repeat(47)

  test('lets go of what was not asked for longest when it is full', async () => {
    const own = cacheAt({ maxBytes: 300 }).cache.of('w')
    for (const key of ['1', '2', '3']) await own.set(key, value, hourMs)
    expect(await own.get('1')).toBe(value)
    await own.set('4', value, hourMs)
    expect(await own.get('2')).toBeUndefined()
    for (const key of ['1', '3', '4']) expect(await own.get(key)).toBe(value)
  })

  test('holds no more for many workspaces than for one', async () => {
    const { cache } = cacheAt({ maxBytes: 300 })
    const names = Array.from({ length: 50 }, (_, at) => String.fromCodePoint(97 + at))
    for (const name of names) await cache.of(name).set('1', value, hourMs)
    const kept = []
    for (const name of names) if (await cache.of(name).get('1')) kept.push(name)
    expect(kept).toEqual(names.slice(-3))
  })

  test('counts an entry once, however often it is set or over', async () => {
    const { cache, time } = cacheAt({ maxBytes: 300 })
    const own = cache.of('w')
    for (let turn = 0; turn < 10; turn += 1) {
      await own.set('1', value, 1)
      await own.set('1', value, 1)
      time.now += 1
      expect(await own.get('1')).toBeUndefined()
    }
    for (const key of ['1', '2', '3']) await own.set(key, value, hourMs)
    for (const key of ['1', '2', '3']) expect(await own.get(key)).toBe(value)
  })

  test('keeps nothing that is too large, nor what it replaces', async () => {
    const own = cacheAt({ maxEntryBytes: 100 }).cache.of('w')
    await own.set('1', value, hourMs)
    expect(await own.get('1')).toBe(value)
    await own.set('1', `${value}x`, hourMs)
    expect(await own.get('1')).toBeUndefined()
  })
})
