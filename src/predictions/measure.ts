import type { Deps } from '../context.ts'
import type { FailureCode } from '../core/errors.ts'
import type { TokenUsage } from '../engine/node/events.ts'

/** Begins to measure a run; the answer counts it: `OK` or the code of its failure, what it cost. */
export function measureRun({
  metrics,
}: Pick<Deps, 'metrics'>): (outcome: 'OK' | FailureCode, usage: TokenUsage | undefined) => void {
  const start = performance.now()
  return (outcome, usage) => {
    const tokens = { input: usage?.input_tokens ?? 0, output: usage?.output_tokens ?? 0 }
    metrics.run({ outcome, seconds: (performance.now() - start) / 1000, tokens })
  }
}
