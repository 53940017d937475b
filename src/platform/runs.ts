import { Failure } from '../core/errors.ts'
import type { Bus } from './bus/bus.ts'

/** A run under way. */
export interface RunSlot {
  /** Aborts, with a Failure as its reason, when somebody aborts the run or the server stops. */
  readonly signal: AbortSignal
  /** Gives the slot back; to be called however the run ends. */
  end(): void
}

/** The runs of this instance: bounded in number, and within reach of whoever may abort them. */
export interface Runs {
  /** @throws Failure RATE_LIMITED when this server, or the workspace on it, has enough under way. */
  begin(name: string, workspaceId: string): RunSlot
  /** Aborts the runs of that name, wherever they run. */
  abort(name: string): Promise<void>
  /** How many are under way. */
  active(): number
  /** Aborts what is under way, for the server stops. */
  interrupt(): void
  close(): void
}

export interface RunLimits {
  readonly total: number
  readonly perWorkspace: number
}

const topic = 'abort'
const defaultLimits: RunLimits = { total: 64, perWorkspace: 32 }

export function createRuns(bus: Bus, limits: RunLimits = defaultLimits): Runs {
  const active = new Map<AbortController, { name: string; workspaceId: string }>()
  const abortNamed = (name: string): void => {
    for (const [controller, run] of active) {
      if (run.name === name) controller.abort(new Failure('CONFLICT', 'The run was aborted.'))
    }
  }
  const unsubscribe = bus.subscribe(topic, abortNamed)
  const interrupt = (): void => {
    for (const controller of active.keys()) {
      controller.abort(new Failure('UNAVAILABLE', 'The server is stopping.', { retryAfter: 1 }))
    }
  }
  return {
    begin(name, workspaceId) {
      const theirs = [...active.values()].filter((run) => run.workspaceId === workspaceId).length
      if (active.size >= limits.total || theirs >= limits.perWorkspace) {
        throw new Failure('RATE_LIMITED', 'Too many flows run at once; try again in a moment.', {
          retryAfter: 1,
        })
      }
      const controller = new AbortController()
      active.set(controller, { name, workspaceId })
      return { signal: controller.signal, end: () => void active.delete(controller) }
    },
    abort: (name) => bus.publish(topic, name),
    active: () => active.size,
    interrupt,
    close() {
      unsubscribe()
      interrupt()
    },
  }
}
