import type { TokenUsage } from '../node/events.ts'

export const noUsage: TokenUsage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }

/** What one answer cost; a provider that does not count costs nothing. */
export function usageOf(input = 0, output = 0): TokenUsage {
  return { input_tokens: input, output_tokens: output, total_tokens: input + output }
}

/** Adds up what the calls of models cost. */
export interface Tally {
  readonly spend: (usage: TokenUsage) => void
  /** Undefined as long as no model was asked. */
  readonly total: () => TokenUsage | undefined
}

/** A tally that hands on what it counts, so that a part's cost is the whole's as well. */
export function createTally(handOn?: Tally['spend']): Tally {
  let total: TokenUsage | undefined
  return {
    total: () => total,
    spend: (usage) => {
      total = sum(total ?? noUsage, usage)
      handOn?.(usage)
    },
  }
}

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  }
}
