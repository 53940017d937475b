import { setImmediate as tick } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { createPasswords } from '../../src/platform/workers/passwords.ts'

const quick = createPasswords({ threads: 1, cost: 4 })
afterAll(() => quick.close())

test('a password fits its own hash and no other', async () => {
  const hash = await quick.hash('correct horse')
  expect(hash).toMatch(/^\$2b\$04\$.{53}$/)
  expect(await quick.hash('correct horse')).not.toBe(hash)
  expect(await quick.verify('correct horse', hash)).toBe(true)
  expect(await quick.verify('correct horsE', hash)).toBe(false)
  expect(await quick.verify('', hash)).toBe(false)
})

test('a password typed as composed or decomposed characters is the same', async () => {
  const hash = await quick.hash('Zürich 2024'.normalize('NFC'))
  expect(await quick.verify('Zürich 2024'.normalize('NFD'), hash)).toBe(true)
})

test('threat 10: an unknown user is refused after the same work', async () => {
  const passwords = createPasswords({ threads: 1, cost: 10 })
  const hash = await passwords.hash('correct horse')
  const known = await timed(() => passwords.verify('wrong horse', hash))
  const unknown = await timed(() => passwords.verify('wrong horse', null))
  expect([known.answer, unknown.answer]).toEqual([false, false])
  // Skipping the work would take a hundredth.
  expect(unknown.ms).toBeGreaterThan(known.ms / 4)
  await passwords.close()
})

describe('threat 12', () => {
  test('threat 12: characters beyond the 72 bytes of bcrypt count, and those after NUL', async () => {
    const long = await quick.hash(`${'a'.repeat(72)}x`)
    expect(await quick.verify(`${'a'.repeat(72)}x`, long)).toBe(true)
    expect(await quick.verify(`${'a'.repeat(72)}y`, long)).toBe(false)
    const nul = await quick.hash('before\0after')
    expect(await quick.verify('before\0other', nul)).toBe(false)
  })

  test('threat 12: 8 to 128 characters, beyond it 400 at once', async () => {
    const passwords = createPasswords({ threads: 1, maxQueue: 0 })
    const huge = 'x'.repeat(1_000_000)
    for (const bad of ['1234567', '😀'.repeat(7), 'x'.repeat(129), '😀'.repeat(129), huge]) {
      await expect(passwords.hash(bad)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    }
    await expect(passwords.verify(huge, null)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await passwords.close()
    const longest = '😀'.repeat(128)
    expect(await quick.verify(longest, await quick.hash(longest))).toBe(true)
    await quick.hash('12345678')
  })

  test('threat 12: of 50 parallel logins some get 503, none is lost', async () => {
    const passwords = createPasswords({ threads: 2, maxQueue: 10, cost: 6 })
    const hash = await passwords.hash('correct horse')
    const logins = Array.from({ length: 50 }, () => passwords.verify('correct horse', hash))
    const results = await Promise.allSettled(logins)
    const done = results.filter((result) => result.status === 'fulfilled')
    const refused = results.filter((result) => result.status === 'rejected')
    expect(done.map(({ value }) => value)).toEqual(Array(12).fill(true))
    expect(refused).toHaveLength(38)
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(Failure)
      expect(reason).toMatchObject({ code: 'UNAVAILABLE', details: { retryAfter: 1 } })
    }
    expect(await passwords.verify('correct horse', hash)).toBe(true)
    await passwords.close()
  })

  test('threat 12: the main thread goes on while 16 logins are worked on', async () => {
    const passwords = createPasswords()
    let ticks = 0
    const state = { isDone: false }
    const logins = Array.from({ length: 16 }, () => passwords.verify('some password', null))
    const all = Promise.all(logins).then(() => (state.isDone = true))
    while (!state.isDone) {
      await tick()
      ticks += 1
    }
    await all
    // On the main thread there would be a turn or two for each of the 16 hashes.
    expect(ticks).toBeGreaterThan(1000)
    await passwords.close()
  })
})

test('after the end it answers 503', async () => {
  const passwords = createPasswords({ cost: 4 })
  await passwords.close()
  await expect(passwords.hash('12345678')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

async function timed<T>(work: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const start = performance.now()
  const answer = await work()
  return { answer, ms: performance.now() - start }
}
