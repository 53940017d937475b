import type { Deps } from '../context.ts'
import type { FailureCode } from '../core/errors.ts'
import type { FlowEvent } from '../engine/node/events.ts'

/** Counts one run for the metrics. */
export interface RunMeter {
  observe(event: FlowEvent): void
  /** `OK`, or the code of the failure that ended it. */
  end(outcome: 'OK' | FailureCode): void
}

export function measureRun({ metrics }: Pick<Deps, 'metrics'>): RunMeter {
  const start = performance.now()
  const tokens = { input: 0, output: 0 }
  return {
    observe(event) {
      if (event.event !== 'usageMetadata') return
      tokens.input += event.data.input_tokens
      tokens.output += event.data.output_tokens
    },
    end(outcome) {
      metrics.run({ outcome, seconds: (performance.now() - start) / 1000, tokens })
    },
  }
}
