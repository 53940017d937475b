/** Everything that comes in pieces, as one list. */
export async function gathered<T>(pieces: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const piece of pieces) for (const item of piece) all.push(item)
  return all
}

/** The same pieces, of which the next is made while one is worked on. */
export async function* ahead<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
  const source = pieces[Symbol.asyncIterator]()
  const begin = (): Promise<IteratorResult<T>> => {
    const next = source.next()
    // Told when its turn comes, if it comes.
    next.catch(() => undefined)
    return next
  }
  let next = begin()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = begin()
      yield value
    }
  } finally {
    await source.return?.()
  }
}
