import { ask, pack } from './border.ts'

type Source = string | Uint8Array

interface Hash {
  update(source: Source, encoding?: string): Hash
  /** Bytes, or their text in an encoding. */
  digest(encoding?: string): unknown
}

/** Bytes as text of one character each. */
export function packedBytes(source: Source, encoding?: string): string {
  return pack(typeof source === 'string' ? Buffer.from(source, encoding as BufferEncoding) : source)
}

export function hashOf(algorithm: unknown, key?: Source): Hash {
  let text = ''
  const hash: Hash = {
    update(source, encoding) {
      text += packedBytes(source, encoding)
      return hash
    },
    digest(encoding) {
      const packed = ask('hash', {
        algorithm: String(algorithm),
        text,
        ...(key === undefined ? {} : { key: packedBytes(key) }),
      })
      const bytes = Buffer.from(packed, 'latin1')
      return encoding === undefined ? bytes : bytes.toString(encoding as BufferEncoding)
    },
  }
  return hash
}

/** What tools sign their requests with, under the names that Node gives it. */
export function installHashes(): Readonly<Record<string, unknown>> {
  return {
    createHash: (algorithm: unknown) => hashOf(algorithm),
    createHmac: (algorithm: unknown, key: Source) => hashOf(algorithm, key),
    randomUUID: () => ask('uuid', undefined),
    randomBytes: (length: number) => Buffer.from(ask('random', length), 'latin1'),
  }
}
