import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { plainReading } from '../../src/engine/documents/loader.ts'
import type { LoadJob } from '../../src/engine/node/load-job.ts'
import { createLoading, type Loading } from '../../src/vectors/loading.ts'

let loading: Loading

afterEach(async () => {
  vi.useRealTimers()
  await loading.close()
})

/** Large enough for a thread: some 3000 chunks, which come in more than one go. */
function job(name: string): LoadJob {
  const bytes = new Uint8Array(Buffer.from(`${'word '.repeat(18)}\n\n`.repeat(3000)))
  const splitter = {
    kind: 'splitter',
    way: 'recursive',
    chunkSize: 100,
    chunkOverlap: 0,
    separators: ['\n\n', ' '],
  } as const
  const file = { name, mime: 'text/plain', bytes, origin: name }
  return { files: [file], reading: plainReading, metadata: {}, omit: [], splitter }
}

const { signal } = new AbortController()

/** Takes the first chunks of a file, and waits with the others, as an upsert does for its provider. */
async function begin(name: string) {
  const chunks = loading.of('one')(job(name), signal)[Symbol.asyncIterator]()
  const first = await chunks.next()
  expect(first.value).toHaveLength(200)
  return chunks
}

async function count(name: string, workspaceId = 'one'): Promise<number> {
  let sum = 0
  for await (const chunks of loading.of(workspaceId)(job(name), signal)) sum += chunks.length
  return sum
}

// Each starts threads, which takes its time.
describe('a file whose chunks wait to be embedded', { timeout: 120_000 }, () => {
  it('holds up no other file', async () => {
    loading = createLoading()
    const paused = [await begin('a.txt'), await begin('b.txt'), await begin('c.txt')]
    expect(await count('d.txt')).toBe(3000)
    for (const chunks of paused) expect((await chunks.next()).value).toHaveLength(200)
    for (const chunks of paused) await chunks.return?.()
  })

  it('takes nothing off the time of one that no thread was free for', async () => {
    loading = createLoading({ open: 1, atOnce: 1, limitMs: 120_000 })
    const paused = await begin('a.txt')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const next = count('b.txt')
    next.catch(() => undefined)
    await setImmediate()
    vi.advanceTimersByTime(200_000)
    await paused.return?.()
    expect(await next).toBe(3000)
  })

  it('goes with its thread when it is given up, and no other with it', async () => {
    loading = createLoading({ open: 3, atOnce: 1, limitMs: 120_000 })
    const [one, two] = [await begin('a.txt'), await begin('b.txt')]
    await one.return?.()
    expect((await two.next()).value).toHaveLength(200)
    expect(await count('c.txt')).toBe(3000)
    await two.return?.()
  })

  it('leaves a thread to another workspace', async () => {
    loading = createLoading({ open: 2, atOnce: 2, limitMs: 120_000 })
    const paused = await begin('a.txt')
    const waiting = count('b.txt')
    expect(await count('c.txt', 'another')).toBe(3000)
    await paused.return?.()
    expect(await waiting).toBe(3000)
  })
})
