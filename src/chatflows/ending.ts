import { Failure } from '../core/errors.ts'

/**
 * How the record of a run that failed ends. What tells whether it was cut off is its signal, not the
 * code of the failure: somebody aborted it, its time was over, its caller or the server went away.
 */
export function endingOf(
  error: unknown,
  signal: AbortSignal,
): { readonly status: 'TERMINATED' | 'ERROR'; readonly error: string } {
  return { status: signal.aborted ? 'TERMINATED' : 'ERROR', error: sentenceOf(error) }
}

/** What callers are told of what went wrong. */
export function sentenceOf(error: unknown): string {
  return error instanceof Failure ? error.message : 'Something went wrong on our side.'
}
