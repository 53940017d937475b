import { afterEach, describe, expect, test } from 'vitest'
import { createLoading, type Loading } from '../../src/vectors/loading.ts'

let loading: Loading | undefined
afterEach(async () => {
  await loading?.close()
  loading = undefined
})

const reading = { perPage: true, column: '', pointers: [], perObject: false, selector: '' }

/** Chunks of a file, as a thread reads them. */
function load(name: string, content: string, signal = new AbortController().signal) {
  loading ??= createLoading({ open: 3, atOnce: 3, limitMs: 120_000 })
  const files = [{ name, mime: '', origin: name, bytes: Buffer.from(content) }]
  const loaded = loading.of('one')({ files, reading, metadata: {}, omit: [] }, signal)
  return loaded[Symbol.asyncIterator]()
}

/** A thread hands these over in three goes, and waits to be asked for each. */
const texts = Array.from({ length: 500 }, (_, at) => `Text ${at} `.padEnd(100, '.'))
const list = JSON.stringify(texts)

async function restOf(chunks: ReturnType<typeof load>): Promise<readonly string[]> {
  const rest = []
  for await (const batch of { [Symbol.asyncIterator]: () => chunks }) {
    rest.push(...batch.map(({ pageContent }) => pageContent))
  }
  return rest
}

describe('the threads that read files', () => {
  test('take so many jobs and no more, and do those they took', async () => {
    const held = [load('a.json', list), load('b.json', list)]
    await Promise.all(held.map((chunks) => chunks.next()))
    const gone = new AbortController()
    const waiting = Array.from({ length: 32 }, () => load('c.json', list, gone.signal).next())
    const settled = Promise.allSettled(waiting)
    await expect(load('d.json', list).next()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Too many files are being read at once; please try again.',
    })
    gone.abort(new Error('Nobody wants them.'))
    const reason = expect.objectContaining({ message: 'Nobody wants them.' })
    expect(await settled).toEqual(waiting.map(() => ({ status: 'rejected', reason })))
    for (const chunks of held) expect(await restOf(chunks)).toEqual(texts.slice(200))
  })

  test('say so when memory does not suffice, and read on', async () => {
    const paragraphs = '<p>x'.repeat(3_000_000)
    await expect(load('a.html', paragraphs).next()).rejects.toMatchObject({
      code: 'UNPROCESSABLE',
      message: 'The files need more than 768 MiB of memory to be read.',
    })
    expect(await restOf(load('b.json', list))).toEqual(texts)
  }, 120_000)
})
