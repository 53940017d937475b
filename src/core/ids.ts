import { randomBytes, randomFillSync } from 'node:crypto'
import { v7, validate } from 'uuid'
import { base62 } from './text.ts'

let msecs = 0
let seq = 0

/** A new UUID of version 7: ordered by time, so that newer rows sort last, also those of one moment. */
export function newId(): string {
  const random = sixteenBytes()
  const now = Date.now()
  if (now > msecs) {
    msecs = now
    // Room is left above for those that follow.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 2
  } else seq += 1
  return v7({ random, msecs, seq })
}

const pool = new Uint8Array(4096)
let used = pool.length

/** Random bytes, asked of the system by the page: each asking costs more than all the rest of an id. */
function sixteenBytes(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  return pool.subarray(used - 16, used)
}

/** A new id for an API key: `key_` and 96 random bits. */
export function newKeyId(): string {
  return `key_${base62(randomBytes(12), 17)}`
}

/**
 * Whether a text is a UUID as they are handed out. PostgreSQL reads other spellings of one as well;
 * what is kept under an id, and forgotten by it, would miss them.
 */
export function isUuid(text: string): boolean {
  return validate(text) && text === text.toLowerCase()
}

export function isKeyId(text: string): boolean {
  return /^key_[0-9A-Za-z]{1,40}$/.test(text)
}
