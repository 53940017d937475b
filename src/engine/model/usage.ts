import type { TokenUsage } from '../node/events.ts'

export const noUsage: TokenUsage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }

export function addUsage(a: TokenUsage, b: TokenUsage = noUsage): TokenUsage {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  }
}
