import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { base62 } from './text.ts'

const bodyLength = 43
const checksumLength = 6

/**
 * An API key or secret: `sk_`, 256 random bits in base 62 (43 characters), and a CRC-32 of them
 * (6 characters). Scanners find it as `sk_[0-9A-Za-z]{49}`.
 */
export function newSecret(): string {
  const body = base62(randomBytes(32), bodyLength)
  return `sk_${body}${checksum(body)}`
}

/** Whether the text has the form and checksum of `newSecret`; refuses a typo without a look-up. */
export function isSecret(text: string): boolean {
  if (!/^sk_[0-9A-Za-z]{49}$/.test(text)) return false
  const body = text.slice(3, 3 + bodyLength)
  return text.slice(3 + bodyLength) === checksum(body)
}

/** What may be shown of a secret ever after: `sk_Ab3d…9xYz`. */
export function mask(secret: string): string {
  return `${secret.slice(0, 7)}…${secret.slice(-4)}`
}

/** SHA-256 in hex. Enough for 256 random bits, which no dictionary holds; never for passwords. */
export function digest(secret: string): string {
  return hash('sha256', secret)
}

export function digestsMatch(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Random text that proves possession: 256 bits in base 62. */
export function newProof(): string {
  return base62(randomBytes(32), bodyLength)
}

/** The proof that follows `proof`: whoever presents it again gets the same one, and nothing is stored clear. */
export function succeedingProof(serverSecret: Uint8Array, proof: string): string {
  return base62(
    createHmac('sha256', serverSecret).update('refresh successor\0').update(proof).digest(),
    bodyLength,
  )
}

function checksum(body: string): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return base62(sum, checksumLength)
}
