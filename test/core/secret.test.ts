import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecret, mask, newProof, newSecret, succeedingProof } from '../../src/core/secret.ts'

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.split('')

describe('keys', () => {
  it('threat 21: every one matches the published form and its checksum', () => {
    const made = Array.from({ length: 2000 }, newSecret)
    expect(made.every((secret) => /^sk_[0-9A-Za-z]{49}$/.test(secret))).toBe(true)
    expect(made.every(isSecret)).toBe(true)
    expect(new Set(made).size).toBe(2000)
  })

  it('threat 21: text of that shape fails the checksum', () => {
    const text = fc.string({
      unit: fc.constantFrom(...alphanumeric),
      minLength: 49,
      maxLength: 49,
    })
    fc.assert(
      fc.property(text, (body) => {
        expect(isSecret(`sk_${body}`)).toBe(false)
      }),
      { numRuns: 10_000 },
    )
  })

  it('a typo is found out', () => {
    const at = fc.nat({ max: 48 })
    fc.assert(
      fc.property(at, fc.constantFrom(...alphanumeric), (place, character) => {
        const secret = newSecret()
        const changed = secret.slice(0, 3 + place) + character + secret.slice(4 + place)
        return changed === secret || !isSecret(changed)
      }),
    )
    for (const wrong of ['', 'sk_', ` ${newSecret()}`, `${newSecret()}0`, newSecret().slice(1)]) {
      expect(isSecret(wrong)).toBe(false)
    }
  })

  it('a mask shows at most eight characters and four, and never the middle', () => {
    const secret = newSecret()
    const [head = '', tail = ''] = mask(secret).split('…')
    expect(head.length).toBeLessThanOrEqual(8)
    expect(tail).toHaveLength(4)
    expect([secret.startsWith(head), secret.endsWith(tail)]).toEqual([true, true])
    expect(isSecret(mask(secret))).toBe(false)
  })
})

describe('proofs', () => {
  it('have one successor each, which another server secret does not find', () => {
    const [secret, other] = [randomBytes(32), randomBytes(32)]
    const proof = newProof()
    const next = succeedingProof(secret, proof)
    expect(next).toMatch(/^[0-9A-Za-z]{43}$/)
    expect(succeedingProof(secret, proof)).toBe(next)
    expect(next).not.toBe(proof)
    expect(succeedingProof(other, proof)).not.toBe(next)
    expect(succeedingProof(secret, newProof())).not.toBe(next)
  })
})
