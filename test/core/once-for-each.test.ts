import { describe, expect, it, vi } from 'vitest'
import { onceForEach } from '../../src/core/once-for-each.ts'

describe('a function that answers once for each object', () => {
  it('is asked once, and gives every one its own', () => {
    const make = vi.fn<(of: { name: string }) => { told: string }>(({ name }) => ({ told: name }))
    const once = onceForEach(make)
    const [a, b] = [{ name: 'a' }, { name: 'a' }]
    expect(make).not.toHaveBeenCalled()
    expect([once(a), once(b)]).toEqual([{ told: 'a' }, { told: 'a' }])
    expect(once(a)).toBe(once(a))
    expect(once(a)).not.toBe(once(b))
    expect(make).toHaveBeenCalledTimes(2)
  })

  it.each([undefined, null, false, 0, ''])(
    'is not asked again for an answer that is %j',
    (value) => {
      const make = vi.fn<() => unknown>(() => value)
      const once = onceForEach(make)
      const of = {}
      expect([once(of), once(of)]).toEqual([value, value])
      expect(make).toHaveBeenCalledTimes(1)
    },
  )

  it('is asked again after it threw', () => {
    let isBroken = true
    const once = onceForEach(() => {
      if (isBroken) throw new Error('Not yet.')
      return 'made'
    })
    const of = {}
    expect(() => once(of)).toThrow('Not yet.')
    isBroken = false
    expect(once(of)).toBe('made')
  })

  it('shares nothing with another one', () => {
    const of = {}
    const [a, b] = ['a', 'b'].map((answer) => onceForEach(() => answer))
    expect([a?.(of), b?.(of)]).toEqual(['a', 'b'])
  })
})
