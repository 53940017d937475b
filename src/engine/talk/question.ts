import type { RunInput } from '../node/run-input.ts'

/** What the caller asks; a form without a question counts as its lines. */
export function questionOf({ question, form }: Pick<RunInput, 'question' | 'form'>): string {
  if (question !== undefined && question !== '') return question
  const lines = Object.entries(form ?? {}).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return lines.join('\n')
}
