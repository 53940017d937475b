import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTurns } from '../../src/core/turns.ts'

const never = new AbortController().signal

describe('turns', () => {
  it('are as many at once as they may be, and go on in the order of those who wait', async () => {
    const turns = createTurns(2)
    const begun: string[] = []
    const take = async (name: string) => {
      const end = await turns.take(never)
      begun.push(name)
      return end
    }
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(take)
    await setImmediate()
    expect([begun.join(), turns.waiting()]).toEqual(['a,b', 2])
    for (const taken of [b, a, c, d]) (await taken)?.()
    expect([begun.join(), turns.waiting()]).toEqual(['a,b,c,d', 0])
    expect(await turns.take(never)).toBeInstanceOf(Function)
  })

  it('are not waited for by whoever gives up', async () => {
    const turns = createTurns(1)
    const end = await turns.take(never)
    const gone = new AbortController()
    const given = turns.take(gone.signal)
    const next = turns.take(never)
    gone.abort(new Error('Gone.'))
    await expect(given).rejects.toThrow('Gone.')
    await expect(turns.take(gone.signal)).rejects.toThrow('Gone.')
    end()
    expect(await next).toBeInstanceOf(Function)
  })
})
