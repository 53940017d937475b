import type { Bus } from './bus/bus.ts'
import type { Clock } from './clock.ts'

/** What a cached answer hangs on; a change to it is published under the same tag. */
export type AccessTag =
  | `user:${string}`
  | `session:${string}`
  | `key:${string}`
  | `workspace:${string}`

/** Remembers who somebody is between requests, until one of the things it hangs on changes. */
export interface AccessCache {
  /**
   * The cached answer, or what `load` finds. Null is never cached. While messages of other
   * instances may be missed, every call loads.
   */
  get<T>(key: string, load: () => Promise<Found<T> | null>): Promise<T | null>
  /** Forgets, here at once and on every instance soon, whatever hangs on the tag. */
  forget(tag: AccessTag): Promise<void>
  close(): void
}

export interface Found<T> {
  readonly value: T
  readonly tags: readonly AccessTag[]
}

/** The bus topic under which forgotten tags travel. */
export const accessTopic = 'access'
const mostEntries = 20_000
const lifetimeMs = 60_000

interface Entry {
  readonly value: unknown
  readonly tags: readonly string[]
  readonly until: number
}

export function createAccessCache(bus: Bus, clock: Clock): AccessCache {
  const entries = new Map<string, Entry>()
  // An answer loaded while something was being forgotten may be the old one: it is not kept.
  let generation = 0
  const unsubscribe = bus.subscribe(accessTopic, (tag) => {
    generation += 1
    for (const [key, entry] of entries) {
      if (tag === '*' || entry.tags.includes(tag)) entries.delete(key)
    }
  })
  return {
    async get<T>(key: string, load: () => Promise<Found<T> | null>): Promise<T | null> {
      const now = clock.now().getTime()
      const entry = bus.healthy() ? entries.get(key) : undefined
      if (entry && entry.until > now) return entry.value as T
      const before = generation
      const found = await load()
      if (!found) return null
      if (generation === before && bus.healthy()) {
        if (entries.size >= mostEntries) entries.clear()
        entries.set(key, { ...found, until: now + lifetimeMs })
      }
      return found.value
    },
    forget: (tag) => bus.publish(accessTopic, tag),
    close: unsubscribe,
  }
}
