import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createVault, sealedUnder, SealError, type Place } from '../../src/core/seal.ts'

const place: Place = { table: 'credential', rowId: 'row-1', workspaceId: 'workspace-1' }
const first = { kid: 'k1', secret: randomBytes(32) }
const second = { kid: 'k2', secret: randomBytes(32) }
const vault = createVault([first])

describe('threat 25: a sealed value', () => {
  it('opens where it was sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (plain) => {
        const sealed = vault.seal(plain, place)
        expect(vault.open(sealed, place)).toBe(plain.toWellFormed())
        expect(sealed).not.toBe(vault.seal(plain, place))
      }),
    )
  })

  it('opens at no other place', () => {
    const sealed = vault.seal('secret', place)
    const other = fc.record({ table: fc.string(), rowId: fc.string(), workspaceId: fc.string() })
    fc.assert(
      fc.property(other, (elsewhere) => {
        expect(() => vault.open(sealed, elsewhere)).toThrow(SealError)
      }),
    )
    for (const name of ['table', 'rowId', 'workspaceId'] as const) {
      expect(() => vault.open(sealed, { ...place, [name]: 'other' })).toThrow(SealError)
    }
  })

  it('opens at no other place after it was opened at its own', () => {
    const ring = createVault([second, first])
    const [sealed, next] = [ring.seal('secret', place), ring.seal('next', place)]
    const elsewhere = (['table', 'rowId', 'workspaceId'] as const).map((name) => ({
      ...place,
      [name]: 'other',
    }))
    for (let round = 0; round < 3; round += 1) {
      expect(ring.open(sealed, place)).toBe('secret')
      for (const foreign of elsewhere) expect(() => ring.open(sealed, foreign)).toThrow(SealError)
    }
    // The parts of two values of one place do not go together either.
    const [parts, others] = [sealed.split('.'), next.split('.')]
    const mixed = [...parts.slice(0, 3), others[3]].join('.')
    expect(ring.open(next, place)).toBe('next')
    expect(() => ring.open(mixed, place)).toThrow(SealError)
    const renamed = [parts[0], first.kid, ...parts.slice(2)].join('.')
    expect(() => ring.open(renamed, place)).toThrow(SealError)
    expect(() => createVault([second]).open(sealed, { ...place, rowId: 'row' })).toThrow(SealError)
  })

  it('opens every time, however many others were opened between', () => {
    const rows = Array.from({ length: 1100 }, (_, at) => ({ ...place, rowId: `row-${at}` }))
    const sealed = rows.map((row) => vault.seal(row.rowId, row))
    for (let round = 0; round < 2; round += 1) {
      const opened = rows.map((row, at) => vault.open(sealed[at] ?? '', row))
      expect(opened).toEqual(rows.map(({ rowId }) => rowId))
    }
  })

  it('opens no more when any character of it is changed, cut or added', () => {
    const sealed = vault.seal('secret', place)
    for (let at = 0; at < sealed.length; at += 1) {
      const character = sealed[at] === 'A' ? 'B' : 'A'
      const changed = sealed.slice(0, at) + character + sealed.slice(at + 1)
      expect(vault.open(sealed, place)).toBe('secret')
      expect(() => vault.open(changed, place)).toThrow(SealError)
      expect(() => vault.open(sealed.slice(0, at), place)).toThrow(SealError)
    }
    for (const extra of ['A', '.A', '=', ' ']) {
      expect(() => vault.open(sealed + extra, place)).toThrow(SealError)
    }
  })

  it('stays readable when a newer key comes first, and says which key is missing', () => {
    const old = vault.seal('secret', place)
    const ring = createVault([second, first])
    expect(ring.open(old, place)).toBe('secret')
    const renewed = ring.seal('secret', place)
    expect([sealedUnder(old), sealedUnder(renewed)]).toEqual(['k1', 'k2'])
    expect(() => vault.open(renewed, place)).toThrow('"k2"')
    const impostor = createVault([{ kid: 'k1', secret: randomBytes(32) }])
    expect(() => impostor.open(old, place)).toThrow(SealError)
  })

  it('shows nothing of its content in what is thrown', () => {
    const canary = 'CANARY-4711'
    const sealed = vault.seal(canary, place)
    const thrown = (): unknown => {
      try {
        return vault.open(`${sealed.slice(0, -1)}.`, place)
      } catch (error) {
        return error
      }
    }
    expect(thrown()).toBeInstanceOf(SealError)
    expect(inspect(thrown(), { depth: null })).not.toContain(canary)
  })
})
