/**
 * Lets so many do something at once, and shares that out among owners, such as workspaces: none has
 * more than what is left for others, neither of the places nor of the queue. So whoever has nothing
 * finds a place, or one in the queue, unless very many owners are busy. Of those who wait for places,
 * owners go on in turn, and what is of one owner in the order it came.
 */
export interface Turns {
  /**
   * Waits for a turn, and gives the function that ends it. Rejects with the signal's reason, or with
   * what `tooMany` makes when the owner's share of the queue is full.
   */
  take(owner: string, signal?: AbortSignal): Promise<() => void>
}

export interface TurnLimits {
  readonly atOnce: number
  /** How many may wait, and how the others are refused; by default all may. */
  readonly queue?: { readonly most: number; readonly tooMany: () => Error }
}

interface Waiter {
  readonly owner: string
  readonly begin: () => void
}

export function createTurns({ atOnce, queue }: TurnLimits): Turns {
  const busy: Pick<Waiter, 'owner'>[] = []
  const waiting = new Set<Waiter>()
  const mayBegin = (owner: string): boolean => hasRoom(busy, atOnce, owner)
  const begun = (owner: string): (() => void) => {
    const turn = { owner }
    busy.push(turn)
    // What else the owner waits for comes after all others, or a long line of one would hold them up.
    for (const waiter of [...waiting].filter((each) => each.owner === owner)) {
      waiting.delete(waiter)
      waiting.add(waiter)
    }
    return () => {
      const at = busy.indexOf(turn)
      if (at >= 0) busy.splice(at, 1)
      for (let next = following(); next; next = following()) next.begin()
    }
  }
  const following = (): Waiter | undefined => [...waiting].find(({ owner }) => mayBegin(owner))

  const wait = async (owner: string, signal: AbortSignal | undefined): Promise<() => void> => {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    // The place is taken before anybody else can ask for it.
    const waiter = { owner, begin: () => leave(() => resolve(begun(owner))) }
    const giveUp = (): void => leave(() => reject(signal?.reason))
    const leave = (then: () => void): void => {
      waiting.delete(waiter)
      signal?.removeEventListener('abort', giveUp)
      then()
    }
    waiting.add(waiter)
    signal?.addEventListener('abort', giveUp)
    return promise
  }

  return {
    async take(owner, signal) {
      signal?.throwIfAborted()
      if (mayBegin(owner)) return begun(owner)
      if (queue && !hasRoom([...waiting], queue.most, owner)) throw queue.tooMany()
      return wait(owner, signal)
    },
  }
}

/** Whether there is room for one more of an owner, who has no more than what is left. */
function hasRoom(taken: readonly Pick<Waiter, 'owner'>[], most: number, owner: string): boolean {
  return countOf(taken, owner) < most - taken.length
}

function countOf(taken: readonly Pick<Waiter, 'owner'>[], owner: string): number {
  return taken.filter((each) => each.owner === owner).length
}
