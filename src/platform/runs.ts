import { Failure } from '../core/errors.ts'
import type { Bus } from './bus/bus.ts'

export interface NewRun {
  /** What it may be aborted by. */
  readonly name: string
  readonly workspaceId: string
  /** Its caller has no credential. */
  readonly isAnonymous: boolean
}

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
  begin(run: NewRun): RunSlot
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
  /** Of a workspace's runs: the rest is kept for those who have a credential. */
  readonly anonymous: number
  /** What a workspace gets also when others have taken up the total, */
  readonly guaranteed: number
  /** as long as there are no more runs than so many beyond it. */
  readonly beyond: number
}

const topic = 'abort'
const defaultLimits: RunLimits = {
  total: 64,
  perWorkspace: 32,
  anonymous: 24,
  guaranteed: 4,
  beyond: 32,
}

export function createRuns(bus: Bus, limits: RunLimits = defaultLimits): Runs {
  const active = new Map<AbortController, NewRun>()
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
    begin(run) {
      if (!hasRoom(run, [...active.values()], limits)) {
        throw new Failure('RATE_LIMITED', 'Too many flows run at once; try again in a moment.', {
          retryAfter: 1,
        })
      }
      const controller = new AbortController()
      active.set(controller, run)
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

function hasRoom(run: NewRun, active: readonly NewRun[], limits: RunLimits): boolean {
  const theirs = active.filter(({ workspaceId }) => workspaceId === run.workspaceId)
  const anonymous = theirs.filter(({ isAnonymous }) => isAnonymous).length
  if (run.isAnonymous && anonymous >= limits.anonymous) return false
  const isGuaranteed = theirs.length < limits.guaranteed
  const total = isGuaranteed ? limits.total + limits.beyond : limits.total
  return active.length < total && theirs.length < limits.perWorkspace
}
