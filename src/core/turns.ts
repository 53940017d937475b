/** Lets so many do something at once; the others wait, and go on in the order they came. */
export interface Turns {
  /** Waits for a turn, and gives the function that ends it. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>
  /** How many wait. */
  waiting(): number
}

export function createTurns(atOnce: number): Turns {
  let busy = 0
  const waiting = new Set<() => void>()
  const end = (): void => {
    const [next] = waiting
    // Whoever waited longest takes the place over.
    if (next) next()
    else busy -= 1
  }
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(begin)
        signal.removeEventListener('abort', giveUp)
      }
      const begin = (): void => {
        leave()
        resolve()
      }
      const giveUp = (): void => {
        leave()
        reject(signal.reason as Error)
      }
      waiting.add(begin)
      signal.addEventListener('abort', giveUp)
    })
  return {
    waiting: () => waiting.size,
    async take(signal) {
      signal.throwIfAborted()
      if (busy < atOnce) busy += 1
      else await wait(signal)
      return end
    },
  }
}
