import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createBatch } from '../../src/platform/batch.ts'
import { until } from './services.ts'

interface Options {
  readonly intervalMs?: number
  readonly maxKeys?: number
  readonly flush: (entries: Map<string, number>) => Promise<void>
  readonly errors?: unknown[]
}

test('threat 20: 500 uses make one write with the right sums', async () => {
  const { written, flush } = recorder()
  const batch = counting({ flush })
  for (let use = 0; use < 500; use += 1) batch.add(use % 2 === 0 ? 'even' : 'odd', 1)
  await batch.close()
  expect(written).toEqual([{ even: 250, odd: 250 }])
})

test('writes by itself at each interval, and nothing when there is nothing', async () => {
  const { written, flush } = recorder()
  const batch = counting({ flush, intervalMs: 20 })
  await wait(60)
  expect(written).toEqual([])
  batch.add('a', 1)
  await until(() => written.length === 1)
  batch.add('a', 2)
  await until(() => written.length === 2)
  expect(written).toEqual([{ a: 1 }, { a: 2 }])
  await batch.close()
})

test('writes early when there are many keys', async () => {
  const { written, flush } = recorder()
  const batch = counting({ flush, maxKeys: 3 })
  for (const key of ['a', 'b', 'c']) batch.add(key, 1)
  await until(() => written.length === 1)
  expect(written).toEqual([{ a: 1, b: 1, c: 1 }])
  await batch.close()
})

test('threat 20: a failed write loses nothing and doubles nothing', async () => {
  const { written, flush } = recorder()
  let isDown = true
  const errors: unknown[] = []
  const batch = counting({
    errors,
    async flush(entries) {
      if (!isDown) return flush(entries)
      batch.add('a', 10)
      entries.clear()
      throw new Error('down')
    },
  })
  batch.add('a', 1)
  batch.add('b', 1)
  await expect(batch.flush()).rejects.toThrow('down')
  await expect(batch.flush()).rejects.toThrow('down')
  isDown = false
  await batch.close()
  expect(written).toEqual([{ a: 21, b: 1 }])
  expect(errors).toEqual([])
})

test('a failing write is not repeated with each value', async () => {
  const errors: unknown[] = []
  let writes = 0
  const batch = counting({
    errors,
    maxKeys: 2,
    async flush() {
      writes += 1
      if (writes < 3) throw new Error('down')
    },
  })
  for (let key = 0; key < 100; key += 1) {
    batch.add(String(key), 1)
    await Promise.resolve()
  }
  await until(() => errors.length === 1)
  expect(writes).toBe(1)
  await batch.close()
})

test('never writes twice at once', async () => {
  let running = 0
  let most = 0
  const batch = counting({
    intervalMs: 1,
    async flush() {
      running += 1
      most = Math.max(most, running)
      await wait(10)
      running -= 1
    },
  })
  for (let use = 0; use < 20; use += 1) {
    batch.add('a', 1)
    void batch.flush()
    await wait(2)
  }
  await batch.close()
  expect(most).toBe(1)
})

test('threat 20: close tries three times, then rejects', async () => {
  let writes = 0
  const errors: unknown[] = []
  const batch = counting({
    errors,
    async flush() {
      writes += 1
      throw new Error(`down ${writes}`)
    },
  })
  batch.add('a', 1)
  await expect(batch.close()).rejects.toThrow('down 3')
  expect(errors).toHaveLength(2)
})

test('reports what comes after the end', async () => {
  const errors: unknown[] = []
  const batch = counting({ errors, flush: async () => undefined })
  await batch.close()
  batch.add('a', 1)
  expect(errors).toHaveLength(1)
})

function counting(options: Options) {
  return createBatch<string, number>({
    intervalMs: options.intervalMs ?? 60_000,
    maxKeys: options.maxKeys ?? 1000,
    merge: (a, b) => a + b,
    flush: options.flush,
    onError(error) {
      if (options.errors === undefined) throw error
      options.errors.push(error)
    },
  })
}

function recorder() {
  const written: Record<string, number>[] = []
  const flush = async (entries: Map<string, number>) => {
    written.push(Object.fromEntries(entries))
  }
  return { written, flush }
}
