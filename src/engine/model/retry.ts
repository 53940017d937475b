import { setTimeout as wait } from 'node:timers/promises'
import { APICallError } from '@ai-sdk/provider'

/** What a provider asks for is heeded up to here. */
const longestWaitMs = 60_000
const firstWaitMs = 2000

/**
 * Asks a busy provider again, after the time it names, else after two seconds, four, … What it
 * says at last is thrown. Waiting ends with the signal.
 */
export async function withRetries<T>(
  retries: number,
  signal: AbortSignal,
  call: () => PromiseLike<T>,
): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await call()
    } catch (error) {
      if (tried >= retries || !APICallError.isInstance(error) || !error.isRetryable) throw error
      await wait(askedFor(error.responseHeaders) ?? firstWaitMs * 2 ** tried, undefined, { signal })
    }
  }
}

/** Milliseconds, of `retry-after-ms` or `retry-after`; undefined where neither says what is bearable. */
function askedFor(headers: Readonly<Record<string, string>> = {}): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '')
  const later = headers['retry-after'] ?? ''
  const seconds = Number.parseFloat(later)
  const named = [ms, seconds * 1000, Date.parse(later) - Date.now()].find(Number.isFinite)
  return named !== undefined && named <= longestWaitMs ? Math.max(0, named) : undefined
}
