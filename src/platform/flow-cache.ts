import type { Clock } from './clock.ts'

/** What flows remember for a while; it lives as long as the server. */
export interface FlowCache {
  /** The entries of one workspace, out of reach of all others. */
  of(workspaceId: string): {
    readonly get: (key: string) => Promise<string | undefined>
    readonly set: (key: string, value: string, ttlMs: number) => Promise<void>
  }
}

export interface FlowCacheOptions {
  readonly clock: Clock
  /** Of all entries of all workspaces. Default 32 MiB. */
  readonly maxBytes?: number
  /** Of one entry; larger ones are not kept. Default 256 KiB. */
  readonly maxEntryBytes?: number
}

interface Entry {
  readonly value: string
  readonly bytes: number
  readonly until: number
}

/** A bounded memory in this process; when it is full, what was not asked for longest goes first. */
export function createFlowCache(options: FlowCacheOptions): FlowCache {
  const { clock, maxBytes = 32 * 1024 * 1024, maxEntryBytes = 256 * 1024 } = options
  const entries = new Map<string, Entry>()
  let bytes = 0

  const forget = (key: string): void => {
    bytes -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }

  const get = (key: string): string | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    // A map goes through its keys in the order they came: the last one asked for comes last.
    entries.set(key, entry)
    if (entry.until > clock.now().getTime()) return entry.value
    forget(key)
    return undefined
  }

  const set = (key: string, value: string, ttlMs: number): void => {
    forget(key)
    const size = sizeOf(key) + sizeOf(value)
    if (size > maxEntryBytes) return
    entries.set(key, { value, bytes: size, until: clock.now().getTime() + ttlMs })
    bytes += size
    for (const oldest of entries.keys()) {
      if (bytes <= maxBytes) return
      forget(oldest)
    }
  }

  return {
    of: (workspaceId) => ({
      get: async (key) => get(`${workspaceId} ${key}`),
      set: async (key, value, ttlMs) => set(`${workspaceId} ${key}`, value, ttlMs),
    }),
  }
}

/** Bytes that a text takes in memory at most. */
function sizeOf(text: string): number {
  return 2 * text.length
}
