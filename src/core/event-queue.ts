/** A piece of something told while it happens. */
export interface Told {
  readonly event: string
  readonly data: unknown
  /** Seconds. */
  readonly duration?: number
}

/** Events on their way from who tells them to who reads them. */
export interface EventQueue {
  push(this: void, event: Told): void
  /** Nothing more comes. */
  end(): void
  isEmpty(): boolean
  /** Resolves with the first event. */
  readonly begun: Promise<void>
  /** Read once; `left` is called when the reader leaves before the end. */
  events(left: () => void): AsyncGenerator<Told>
}

/** What an unread story may take up, as characters of JSON. */
const mostUnread = 1_000_000
/** What an event takes up beside its data: there may be hundreds of thousands of one character each. */
const frame = 64
/**
 * Told anew with all there is so far: the newest stands for those before it. They count for nothing,
 * as one of a kind waits at most, and whoever tells them holds what is in them.
 */
const cumulative: ReadonlySet<string> = new Set(['agentFlowExecutedData', 'agentReasoning'])

interface Waiting {
  readonly event: Told
  readonly size: number
}

/** `onFull` is called once too much is unread; a single event may be of any size. */
export function createEventQueue(onFull: () => void): EventQueue {
  const waiting: Waiting[] = []
  const begun = Promise.withResolvers<void>()
  let unread = 0
  /** Of those since nothing was unread. */
  let largest = 0
  let pushed = 0
  let isOver = false
  let wake = (): void => undefined
  const take = (): Told | undefined => {
    const next = waiting.shift()
    unread -= next?.size ?? 0
    if (waiting.length === 0) largest = 0
    return next?.event
  }
  return {
    begun: begun.promise,
    isEmpty: () => pushed === 0,
    push(event) {
      const older = cumulative.has(event.event)
        ? waiting.findIndex((item) => item.event.event === event.event)
        : -1
      if (older !== -1) waiting.splice(older, 1)
      const size = sizeOf(event)
      waiting.push({ event, size })
      pushed += 1
      unread += size
      largest = Math.max(largest, size)
      begun.resolve()
      wake()
      if (unread - largest > mostUnread) onFull()
    },
    end() {
      isOver = true
      wake()
    },
    async *events(left) {
      let isRead = false
      try {
        while (!isRead) {
          const event = take()
          if (event) yield event
          else if (isOver) isRead = true
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        if (!isRead) left()
      }
    },
  }
}

function sizeOf({ event, data }: Told): number {
  if (cumulative.has(event)) return 0
  return frame + (typeof data === 'string' ? data.length : JSON.stringify(data).length)
}
