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
  events(): AsyncGenerator<Told>
}

/** What an unread story may take up, as characters of JSON. */
const mostUnread = 1_000_000
/** What an event takes up beside its data: there may be hundreds of thousands of one character each. */
const frame = 64

/** `onFull` is called once too much is unread. */
export function createEventQueue(onFull: () => void): EventQueue {
  const waiting: Told[] = []
  const begun = Promise.withResolvers<void>()
  let unread = 0
  let pushed = 0
  let isOver = false
  let wake = (): void => undefined
  return {
    begun: begun.promise,
    isEmpty: () => pushed === 0,
    push(event) {
      waiting.push(event)
      pushed += 1
      unread += sizeOf(event)
      begun.resolve()
      wake()
      if (unread > mostUnread) onFull()
    },
    end() {
      isOver = true
      wake()
    },
    async *events() {
      for (;;) {
        const event = waiting.shift()
        if (event) {
          unread -= sizeOf(event)
          yield event
        } else if (isOver) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

function sizeOf({ data }: Told): number {
  return frame + (typeof data === 'string' ? data.length : JSON.stringify(data).length)
}
