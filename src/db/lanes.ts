import { DatabaseError } from 'pg'

/** Sends statements as one message, which is one transaction. */
export type SendTexts = (texts: readonly string[]) => Promise<unknown>

interface Write {
  readonly texts: readonly string[]
  resolve(): void
  reject(cause: unknown): void
}

/** Larger writes go by themselves: the small ones are not to wait for them. */
const mostCharacters = 65_536
/** Writes of one message. */
const mostTogether = 32

/**
 * Writes of one lane go one message after the other. What comes while a message is under way shares
 * the next one, and each write still succeeds or fails by itself.
 */
export function createLanes() {
  /** The lanes in which a message is under way, with what waits for the next. */
  const lanes = new Map<string, Write[]>()

  async function follow(lane: string, waiting: Write[], sendTexts: SendTexts): Promise<void> {
    while (waiting.length > 0) await sendShared(waiting.splice(0, mostTogether), sendTexts)
    lanes.delete(lane)
  }

  /** All writes of a lane are given the same way to send them. */
  return async (lane: string, texts: readonly string[], sendTexts: SendTexts): Promise<void> => {
    if (texts.reduce((sum, text) => sum + text.length, 0) > mostCharacters) {
      await sendTexts(texts)
      return
    }
    await new Promise<void>((resolve, reject) => {
      const write = { texts, resolve, reject }
      const waiting = lanes.get(lane)
      if (waiting) {
        waiting.push(write)
        return
      }
      const first = [write]
      lanes.set(lane, first)
      void follow(lane, first, sendTexts)
    })
  }
}

async function sendShared(writes: readonly Write[], sendTexts: SendTexts): Promise<void> {
  try {
    await sendTexts(writes.flatMap(({ texts }) => texts))
    for (const { resolve } of writes) resolve()
  } catch (cause) {
    // Which of them it was is not said, and nothing of any was kept: each tries alone.
    if (writes.length > 1 && wasRefused(cause)) {
      await Promise.all(writes.map((write) => sendShared([write], sendTexts)))
    } else for (const { reject } of writes) reject(cause)
  }
}

/** Whether the database says that it undid a message. A lost connection says nothing: it may have kept it. */
function wasRefused(cause: unknown): boolean {
  return cause instanceof DatabaseError && !/^(?:08|57P)/.test(cause.code ?? '')
}
