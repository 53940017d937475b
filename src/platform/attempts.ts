import { Failure } from '../core/errors.ts'
import type { RateRule } from '../core/rate.ts'
import type { Limiter } from './limiter/limiter.ts'

/** Limits on failed attempts: what succeeds is never counted, however much of it there is. */
export interface Attempts {
  /**
   * Runs an attempt. One that throws UNAUTHENTICATED or FORBIDDEN stays counted under every key.
   * Of those under way at once at most the limit run; the rest wait for their outcome, so that
   * guesses made together are bounded like guesses in turn.
   * @throws Failure RATE_LIMITED once the failures of a window are used up.
   */
  run<T>(rules: readonly AttemptRule[], attempt: () => Promise<T>): Promise<T>
}

export type AttemptRule = readonly [key: string, rule: RateRule]

export function createAttempts(limiter: Limiter): Attempts {
  const underWay = new Map<string, Set<Promise<unknown>>>()

  /** Takes a place under the key; gives it back by the returned function, unless the attempt failed. */
  const enter = async ([key, rule]: AttemptRule): Promise<() => Promise<void>> => {
    for (;;) {
      const { verdict, release } = await limiter.reserve(key, rule)
      if (verdict.allowed) return release
      const others = underWay.get(key)
      if (!others?.size) {
        throw new Failure('RATE_LIMITED', 'Too many failed attempts; try again later.', {
          retryAfter: verdict.retryAfter,
        })
      }
      await Promise.race(others)
    }
  }

  const enterAll = async (rules: readonly AttemptRule[]): Promise<() => Promise<void>> => {
    const entered: (() => Promise<void>)[] = []
    const leave = async (): Promise<void> => {
      await Promise.all(entered.map((release) => release()))
    }
    try {
      for (const rule of rules) entered.push(await enter(rule))
      return leave
    } catch (error) {
      await leave()
      throw error
    }
  }

  return {
    async run(rules, attempt) {
      const release = await enterAll(rules)
      const running = settle(attempt, release)
      const outcome = running.then(
        () => undefined,
        () => undefined,
      )
      for (const [key] of rules) track(underWay, key, outcome)
      return running
    },
  }
}

async function settle<T>(attempt: () => Promise<T>, release: () => Promise<void>): Promise<T> {
  try {
    const result = await attempt()
    await release()
    return result
  } catch (error) {
    // What failed on our side was no guess.
    if (!isRefusal(error)) await release()
    throw error
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Failure && ['UNAUTHENTICATED', 'FORBIDDEN'].includes(error.code)
}

function track(
  underWay: Map<string, Set<Promise<unknown>>>,
  key: string,
  outcome: Promise<unknown>,
): void {
  const others = underWay.get(key) ?? new Set()
  underWay.set(key, others.add(outcome))
  void forget(underWay, key, outcome)
}

async function forget(
  underWay: Map<string, Set<Promise<unknown>>>,
  key: string,
  outcome: Promise<unknown>,
): Promise<void> {
  await outcome
  const others = underWay.get(key)
  others?.delete(outcome)
  if (others?.size === 0) underWay.delete(key)
}
