import { expect, test } from 'vitest'
import { isUuid, newId } from '../../src/core/ids.ts'

test('ids are UUIDs of version 7, and each sorts after the one before, within a moment too', () => {
  const ids = Array.from({ length: 20_000 }, newId)
  expect(ids.every(isUuid)).toBe(true)
  expect(ids.every((id) => id[14] === '7')).toBe(true)
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

test('ids say when they were made', () => {
  const before = Date.now()
  const made = Number.parseInt(newId().replaceAll('-', '').slice(0, 12), 16)
  expect(made).toBeGreaterThanOrEqual(before)
  expect(made).toBeLessThan(before + 1000)
})

test('random bits of ids differ', () => {
  const ends = Array.from({ length: 1000 }, () => newId().slice(-12))
  expect(new Set(ends).size).toBe(1000)
})
