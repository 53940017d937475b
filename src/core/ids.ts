import { randomBytes } from 'node:crypto'
import { v7, validate } from 'uuid'
import { base62 } from './text.ts'

/** A new UUID of version 7: ordered by time, so that newer rows sort last. */
export function newId(): string {
  return v7()
}

/** A new id for an API key: `key_` and 96 random bits. */
export function newKeyId(): string {
  return `key_${base62(randomBytes(12), 17)}`
}

export function isUuid(text: string): boolean {
  return validate(text)
}

export function isKeyId(text: string): boolean {
  return /^key_[0-9A-Za-z]{1,40}$/.test(text)
}
