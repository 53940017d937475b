import type { Flow } from '../flow/flow.ts'
import type { Emit, TokenUsage } from '../node/events.ts'
import type { Ports, VectorOwner } from '../node/ports.ts'
import type { RunInput } from '../node/run-input.ts'

/** What a caller of the engine hands over for one run. */
export interface RunRequest {
  readonly flow: Flow
  readonly input: RunInput
  readonly ports: Ports
  readonly signal: AbortSignal
  /** Gets the run's events in order; must not throw. */
  readonly emit: Emit
  /** Hears what each call of a model cost, also when the run fails later; must not throw. */
  readonly spend?: (usage: TokenUsage) => void
  /** Hears what failed beside the answer, which stands without it; must not throw. */
  readonly miss?: (failure: unknown) => void
  /** Ids of the flows within which this one runs, the outermost first. */
  readonly ancestors?: readonly string[]
  /** Who keeps the chunks of its vector stores; the flow itself if absent. */
  readonly owner?: VectorOwner
}
