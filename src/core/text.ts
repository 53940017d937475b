const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Bytes as one big-endian number in base 62, left-padded with zeros to `length`. */
export function base62(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
  let digits = ''
  while (rest > 0n) {
    digits = alphabet.charAt(Number(rest % 62n)) + digits
    rest /= 62n
  }
  return digits.padStart(length, '0')
}

/**
 * Whether PostgreSQL can store the text as it stands: no NUL and no lone surrogate.
 * Both would otherwise surface as a database error, or be replaced in silence.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** E-mail addresses compare without case and in one Unicode form. */
export function normalizeEmail(email: string): string {
  return email.normalize('NFC').trim().toLowerCase()
}
