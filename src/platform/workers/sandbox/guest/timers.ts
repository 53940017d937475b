import { expose } from './border.ts'
import { fail } from './driver.ts'

type Call = (...args: unknown[]) => void

interface Timer {
  readonly due: number
  /** Milliseconds between two calls, when there is more than one. */
  readonly every: number | undefined
  readonly call: () => void
}

/** `setTimeout` and its like. Returns `tick` (see `Driver`); the timers live in capped memory. */
export function installTimers(): () => number {
  const timers = new Map<number, Timer>()
  let last = 0
  const add = (call: Call, timing: { ms: unknown; repeat: boolean }, args: unknown[]): number => {
    if (typeof call !== 'function') throw new TypeError('A timer needs a function to call.')
    const delay = Math.max(1, Number(timing.ms) || 0)
    last += 1
    timers.set(last, {
      due: Date.now() + delay,
      every: timing.repeat ? delay : undefined,
      call: () => call(...args),
    })
    return last
  }
  const clear = (id: number): void => void timers.delete(id)
  expose({
    setTimeout: (call: Call, ms?: unknown, ...args: unknown[]) =>
      add(call, { ms, repeat: false }, args),
    setInterval: (call: Call, ms?: unknown, ...args: unknown[]) =>
      add(call, { ms, repeat: true }, args),
    setImmediate: (call: Call, ...args: unknown[]) => add(call, { ms: 0, repeat: false }, args),
    queueMicrotask: (call: () => void) => void Promise.resolve().then(call).catch(fail),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  })

  return () => {
    const [next] = [...timers].sort(([, a], [, b]) => a.due - b.due)
    if (next === undefined) return -1
    const [id, timer] = next
    const wait = timer.due - Date.now()
    if (wait > 0) return wait
    timers.delete(id)
    if (timer.every !== undefined) timers.set(id, { ...timer, due: Date.now() + timer.every })
    try {
      timer.call()
    } catch (error) {
      fail(error)
    }
    return 0
  }
}
