import type { Bus } from './bus/bus.ts'
import type { Clock } from './clock.ts'

/** What a cached answer hangs on; a change to it is published under the same tag. */
export type AccessTag =
  | `user:${string}`
  | `session:${string}`
  | `key:${string}`
  | `workspace:${string}`
  | `flow:${string}`
  | `credential:${string}`

/** Remembers between requests who somebody is or what they run, until something it hangs on changes. */
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
  /** Its share of what the cache may hold; 1 when absent. */
  readonly size?: number
}

/** The bus topic under which forgotten tags travel. */
export const accessTopic = 'access'
const lifetimeMs = 60_000

interface Entry {
  readonly value: unknown
  readonly tags: readonly string[]
  readonly size: number
  readonly until: number
}

/** `most`: what it may hold, as the sum of sizes. */
export function createAccessCache(bus: Bus, clock: Clock, most = 20_000): AccessCache {
  const entries = new Map<string, Entry>()
  let held = 0
  // An answer loaded while something was being forgotten may be the old one: it is not kept.
  let generation = 0
  const drop = (key: string): void => {
    held -= entries.get(key)?.size ?? 0
    entries.delete(key)
  }
  const keep = (key: string, entry: Entry): void => {
    drop(key)
    if (entry.size > most) return
    // The oldest stand first.
    for (const other of entries.keys()) {
      if (held + entry.size <= most) break
      drop(other)
    }
    held += entry.size
    entries.set(key, entry)
  }
  const unsubscribe = bus.subscribe(accessTopic, (tag) => {
    generation += 1
    for (const [key, entry] of entries) {
      if (tag === '*' || entry.tags.includes(tag)) drop(key)
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
        keep(key, { size: 1, ...found, until: now + lifetimeMs })
      }
      return found.value
    },
    forget: (tag) => bus.publish(accessTopic, tag),
    close: unsubscribe,
  }
}
