import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Frees what nothing refers to. */
export const collectGarbage = runInNewContext('gc') as () => void

/**
 * From now on counts what the process holds and has to let go: sockets, timers, threads, requests
 * under way; also what keeps no process from ending, which `process.getActiveResourcesInfo` leaves
 * out. Not the promises, of which there are too many.
 */
export function countAlive() {
  const kinds = new Map<number, string>()
  const hook = createHook({
    trackPromises: false,
    init: (id, kind) => kind !== 'PROMISE' && kinds.set(id, kind),
    destroy: (id) => kinds.delete(id),
  }).enable()
  return {
    /** Of signals that nobody listens to the timers go with them. */
    now: () => {
      collectGarbage()
      return kinds.size
    },
    stop: () => hook.disable(),
  }
}
