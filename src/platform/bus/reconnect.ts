import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from 'pg'

/** One connection that is opened again whenever it is lost. */
export interface Link {
  /** Whether it is open and `onOpen` is done with it. */
  isUp(): boolean
  /** The connection, if there is one. */
  client(): Client | undefined
  /** Ends a pause between attempts: there is something to send. */
  hurry(): void
  close(): Promise<void>
}

export interface LinkOptions {
  open(): Promise<Client>
  /** Runs on each new connection, before it counts as up. */
  onOpen(client: Client): Promise<void>
  onError(error: unknown): void
  readonly heartbeatMs: number
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000
const GOODBYE_MS = 500

/** Begins to connect at once. */
export function keepConnected(options: LinkOptions): Link {
  const closing = new AbortController()
  let pause = new AbortController()
  let client: Client | undefined
  let isUp = false

  const stay = async (opened: Client) => {
    // Usable before it counts as up: what is said from now on needs no queue.
    client = opened
    const lost = loss(opened, options.heartbeatMs, closing.signal)
    try {
      await options.onOpen(opened)
      isUp = true
      await lost
    } finally {
      isUp = false
      client = undefined
      lost.catch(() => undefined)
      await end(opened)
    }
  }

  const keep = async () => {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        const opened = await options.open()
        failures = 0
        await stay(opened)
      } catch (error) {
        if (!closing.signal.aborted) options.onError(error)
      }
      pause = new AbortController()
      await sleep(pauseMs(failures), AbortSignal.any([pause.signal, closing.signal]))
    }
  }
  const kept = keep()

  return {
    isUp: () => isUp,
    client: () => client,
    hurry: () => pause.abort(),
    async close() {
      closing.abort()
      await kept
    },
  }
}

/** Sleeps, or wakes early by the signal; never rejects. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
}

/** Says goodbye, but not for long to a peer that no longer listens. */
async function end(client: Client): Promise<void> {
  const ended = client.end().catch(() => undefined)
  await Promise.race([ended, wait(GOODBYE_MS, undefined, { ref: false })])
}

/** Doubles up to the longest; the random part keeps instances from calling together. */
function pauseMs(failures: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10))
  return longest * (0.5 + Math.random() / 2)
}

/**
 * Settles when the connection is no longer any good: it ended, or it stays silent, which a dead
 * peer or a frozen proxy shows by nothing else.
 */
async function loss(client: Client, heartbeatMs: number, closing: AbortSignal): Promise<void> {
  const gone = new AbortController()
  client.once('end', () => gone.abort())
  const signal = AbortSignal.any([gone.signal, closing])
  while (!signal.aborted) {
    await sleep(heartbeatMs, signal)
    if (!signal.aborted) await client.query('select 1')
  }
  if (!closing.aborted) throw new Error('The connection of the bus ended')
}
