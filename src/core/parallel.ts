/**
 * Does work for each item, some at once; the results stand in the order of the items. Once one has
 * failed, no other begins, and the signal that all were given is aborted.
 */
export async function mapParallel<T, R>(
  items: readonly T[],
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const results: R[] = []
  const waiting = items.entries()
  const run = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      either.throwIfAborted()
      results[index] = await work(item, either)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run))
  } catch (error) {
    failed.abort(error)
    throw error
  }
  return results
}
