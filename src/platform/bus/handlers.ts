import type { BusHandler } from './bus.ts'
import { RESET } from './bus.ts'

/** Who listens to what in this instance. */
export interface Handlers {
  add(topic: string, handler: BusHandler): () => void
  /** A handler that throws is reported; the others are called all the same. */
  dispatch(topic: string, payload: string): void
  /** Sends `RESET` to every topic. */
  reset(): void
  clear(): void
}

export function createHandlers(onError: (error: unknown) => void): Handlers {
  const byTopic = new Map<string, Set<BusHandler>>()

  const dispatch = (topic: string, payload: string) => {
    for (const handler of byTopic.get(topic) ?? []) {
      try {
        handler(payload)
      } catch (error) {
        onError(error)
      }
    }
  }

  return {
    dispatch,
    add(topic, handler) {
      const handlers = byTopic.get(topic) ?? new Set()
      // A wrapper, so that one function may be subscribed twice and each end is its own.
      const own: BusHandler = (payload) => handler(payload)
      byTopic.set(topic, handlers.add(own))
      return () => {
        handlers.delete(own)
        if (handlers.size === 0 && byTopic.get(topic) === handlers) byTopic.delete(topic)
      }
    },
    reset() {
      for (const topic of byTopic.keys()) dispatch(topic, RESET)
    },
    clear: () => byTopic.clear(),
  }
}
