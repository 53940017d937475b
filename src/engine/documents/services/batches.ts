/** The items in batches of so many, and of so many bytes as JSON. */
export function* batchesOf<T>(
  items: Iterable<T>,
  { count, bytes = Number.POSITIVE_INFINITY }: { readonly count: number; readonly bytes?: number },
): Generator<readonly T[]> {
  let batch: T[] = []
  let size = 0
  for (const item of items) {
    const more = Number.isFinite(bytes) ? Buffer.byteLength(JSON.stringify(item)) : 0
    if (batch.length > 0 && (batch.length >= count || size + more > bytes)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(item)
    size += more
  }
  if (batch.length > 0) yield batch
}

/**
 * Works on the items, two at a time. After a failure no other is begun; it is thrown once what is
 * under way has ended, so that whoever takes things back comes last.
 */
export async function byTwos<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items].values()
  let isOver = false
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (isOver) return
      await work(item).catch((error: unknown) => {
        isOver = true
        throw error
      })
    }
  }
  const ends = await Promise.allSettled([lane(), lane()])
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
