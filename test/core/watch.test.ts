import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startWatch } from '../../src/core/watch.ts'

const late = () => new Error('Too late.')
const twoOf = () => [new AbortController(), new AbortController()] as const
const listeners = (...of: readonly AbortController[]) =>
  of.map(({ signal }) => getEventListeners(signal, 'abort').length)

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a watch', () => {
  it.each([0, 1])('ends with signal %i, for its reason', (at) => {
    const both = twoOf()
    const heard = vi.fn<() => void>()
    const watch = startWatch(
      both.map(({ signal }) => signal),
      { ms: 1000, late },
    )
    watch.signal.addEventListener('abort', heard)
    expect(watch.signal.aborted).toBe(false)
    const reason = new Error('left')
    both[at]?.abort(reason)
    expect([watch.signal.aborted, watch.signal.reason]).toEqual([true, reason])
    expect(watch.signal.reason).toBe(reason)
    expect(heard).toHaveBeenCalledTimes(1)
    watch.stop()
  })

  it.each([undefined, null, 'a text', 0])('takes %j for a reason as a signal does', (reason) => {
    const gone = new AbortController()
    const watch = startWatch([gone.signal], { ms: 1000, late })
    gone.abort(reason)
    expect(watch.signal.reason).toBe(gone.signal.reason)
    watch.stop()
  })

  it('keeps the first reason, whatever comes after', () => {
    const [a, b] = twoOf()
    const watch = startWatch([a.signal, b.signal], { ms: 1000, late })
    b.abort('first')
    a.abort('second')
    vi.advanceTimersByTime(2000)
    expect(watch.signal.reason).toBe('first')
    watch.stop()
  })

  it('has ended when one of its signals has', () => {
    const [a, b] = [new AbortController(), AbortSignal.abort('gone')]
    const watch = startWatch([a.signal, b], { ms: 1000, late })
    expect([watch.signal.aborted, watch.signal.reason]).toEqual([true, 'gone'])
    watch.stop()
    expect([listeners(a), vi.getTimerCount()]).toEqual([[0], 0])
  })

  it('ends with its time limit, not before', () => {
    const watch = startWatch([], { ms: 1000, late })
    vi.advanceTimersByTime(999)
    expect(watch.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(watch.signal.reason).toEqual(late())
    watch.stop()
  })

  it('without its limit goes on following', () => {
    const gone = new AbortController()
    const watch = startWatch([gone.signal], { ms: 1000, late })
    watch.unlimit()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(2000)
    expect(watch.signal.aborted).toBe(false)
    gone.abort('gone')
    expect(watch.signal.reason).toBe('gone')
    watch.stop()
  })

  it('that was stopped follows nothing, and leaves nothing behind', () => {
    const both = twoOf()
    const watch = startWatch(
      both.map(({ signal }) => signal),
      { ms: 1000, late },
    )
    expect([listeners(...both), vi.getTimerCount()]).toEqual([[1, 1], 1])
    watch.stop()
    expect([listeners(...both), vi.getTimerCount()]).toEqual([[0, 0], 0])
    for (const one of both) one.abort()
    vi.advanceTimersByTime(2000)
    expect(watch.signal.aborted).toBe(false)
    expect(() => watch.stop()).not.toThrow()
  })

  it('leaves no listener on a signal that outlives many of them', () => {
    const shared = new AbortController()
    for (let round = 0; round < 100; round += 1) {
      const watch = startWatch([shared.signal, shared.signal], { ms: 1000, late })
      if (round % 2 === 0) watch.unlimit()
      watch.stop()
    }
    expect([listeners(shared), vi.getTimerCount()]).toEqual([[0], 0])
  })

  it('that ended by its limit leaves nothing behind once it is stopped', () => {
    const gone = new AbortController()
    const watch = startWatch([gone.signal], { ms: 1000, late })
    vi.advanceTimersByTime(1000)
    watch.stop()
    expect([listeners(gone), vi.getTimerCount()]).toEqual([[0], 0])
  })
})
