import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTurns, type TurnLimits } from '../../src/core/turns.ts'

/** Takes turns, and says who has begun. */
function watch(limits: TurnLimits) {
  const turns = createTurns(limits)
  const begun: string[] = []
  const take = (name: string, signal?: AbortSignal) => {
    // The owner is the first letter.
    const taken = turns.take(name.slice(0, 1), signal).then((end) => {
      begun.push(name)
      return end
    })
    return { taken, end: async () => (await taken)() }
  }
  return { begun, take }
}

describe('turns', () => {
  it('are as many at once as they may be, and go on in the order of those who wait', async () => {
    const { begun, take } = watch({ atOnce: 3 })
    const [a1, a2, a3, a4] = [take('a1'), take('a2'), take('a3'), take('a4')]
    await setImmediate()
    expect(begun).toEqual(['a1', 'a2'])
    for (const { end } of [a2, a1, a3, a4]) await end()
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4'])
  })

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [16, 8],
  ])(
    'of %i, one owner has %i, and another begins at once where there is more',
    async (all, one) => {
      const { begun, take } = watch({ atOnce: all })
      const many = Array.from({ length: 20 }, (_, at) => take(`a${at}`))
      const other = take('b')
      await setImmediate()
      expect(begun.filter((name) => name !== 'b')).toHaveLength(one)
      expect(begun.includes('b')).toBe(all > 1)
      await Promise.all([...many, other].map(({ end }) => end()))
      expect(begun).toHaveLength(21)
    },
  )

  it('go to those who have less, and else to one owner after the other', async () => {
    const { begun, take } = watch({ atOnce: 1 })
    const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => take(name))
    await Promise.all(all.map(({ end }) => end()))
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2'])

    const three = watch({ atOnce: 3 })
    const [a1, , b1] = ['a1', 'a2', 'b1'].map((name) => three.take(name))
    for (const name of ['a3', 'b2', 'c1']) three.take(name)
    await a1?.end()
    await setImmediate()
    // Both others have one already.
    expect(three.begun).toEqual(['a1', 'a2', 'b1', 'c1'])
    await b1?.end()
    await setImmediate()
    expect(three.begun.slice(4)).toEqual(['b2'])
  })

  it('have a queue of which none fills more than is left for others', async () => {
    const tooMany = () => new Error('Too many.')
    const { begun, take } = watch({ atOnce: 1, queue: { most: 8, tooMany } })
    const first = take('a')
    const outcomes = async (owner: string) => {
      const all = Array.from({ length: 8 }, (_, at) => take(`${owner}${at}`))
      for (const { taken } of all) taken.catch(() => undefined)
      await setImmediate()
      return all
    }
    const as = await outcomes('a')
    await expect(as[4]?.taken).rejects.toThrow('Too many.')
    const bs = await outcomes('b')
    await expect(bs[2]?.taken).rejects.toThrow('Too many.')
    const cs = await outcomes('c')
    await expect(cs[1]?.taken).rejects.toThrow('Too many.')
    const kept = [...as.slice(0, 4), ...bs.slice(0, 2), ...cs.slice(0, 1)]
    await first.end()
    await Promise.all(kept.map(({ end }) => end()))
    expect(begun).toHaveLength(8)
  })

  it('are not waited for by whoever gives up', async () => {
    const { take } = watch({ atOnce: 1 })
    const first = take('a')
    const gone = new AbortController()
    const given = take('a', gone.signal)
    const next = take('a')
    gone.abort(new Error('Gone.'))
    await expect(given.taken).rejects.toThrow('Gone.')
    await expect(take('a', gone.signal).taken).rejects.toThrow('Gone.')
    await first.end()
    expect(await next.taken).toBeInstanceOf(Function)
  })
})
