import { DatabaseError } from 'pg'

/** Sends statements as one message, which is one transaction. */
export type SendTexts = (texts: readonly string[]) => Promise<unknown>

/** Writes that come faster than they are written. */
export interface Lanes {
  /**
   * Small writes of one lane share messages while one of theirs is under way, in no particular
   * order; each succeeds or fails by itself. All writes of a lane are given the same way to send.
   */
  write(lane: string, texts: readonly string[], sendTexts: SendTexts): Promise<void>
  /** Resolves once nothing waits any more. */
  close(): Promise<void>
}

interface Write {
  readonly texts: readonly string[]
  resolve(): void
  reject(cause: unknown): void
}

/** A lane in which a message is under way. */
interface Lane {
  /** For the next message. */
  readonly waiting: Write[]
  /** Resolves once nothing waits any more. */
  readonly empty: Promise<void>
}

/** In characters. Of larger writes the rows cost more than the message, and the small ones would wait. */
const largest = 8192
/** Writes of one message. */
const mostTogether = 32
/** A connection may be silent for as long as TCP allows. What waits goes on beside it. */
const patienceMs = 1000

export function createLanes(): Lanes {
  const lanes = new Map<string, Lane>()

  async function follow(lane: string, waiting: Write[], sendTexts: SendTexts): Promise<void> {
    while (waiting.length > 0) {
      await patiently(sendShared(waiting.splice(0, mostTogether), sendTexts))
    }
    lanes.delete(lane)
  }

  function join(lane: string, write: Write, sendTexts: SendTexts): void {
    const known = lanes.get(lane)
    if (known) {
      known.waiting.push(write)
      return
    }
    const waiting = [write]
    lanes.set(lane, { waiting, empty: follow(lane, waiting, sendTexts) })
  }

  return {
    async write(lane, texts, sendTexts) {
      if (texts.reduce((sum, text) => sum + text.length, 0) > largest) await sendTexts(texts)
      else {
        await new Promise<void>((resolve, reject) => {
          join(lane, { texts, resolve, reject }, sendTexts)
        })
      }
    },
    async close() {
      await Promise.all([...lanes.values()].map(({ empty }) => empty))
    },
  }
}

/** Never rejects. */
async function sendShared(writes: readonly Write[], sendTexts: SendTexts): Promise<void> {
  try {
    await sendTexts(writes.flatMap(({ texts }) => texts))
    for (const { resolve } of writes) resolve()
  } catch (cause) {
    if (writes.length > 1 && blamesRows(cause)) {
      // It does not say whose, and nothing of anyone's was kept.
      for (const write of writes) await sendShared([write], sendTexts)
    } else for (const { reject } of writes) reject(cause)
  }
}

/**
 * Whether the database refused a message for what is in it, and so has undone it. After anything
 * else, such as a lost connection, it may have been kept: sent again it would be there twice.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function blamesRows(cause: unknown): boolean {
  return cause instanceof DatabaseError && /^(?:2[123]|4[024]|54|P0)/.test(cause.code ?? '')
}

async function patiently(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
