import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto'

export interface VaultKey {
  readonly kid: string
  readonly secret: Uint8Array
}

/** Where a sealed value lives. It opens nowhere else: the place is authenticated with it. */
export interface Place {
  readonly table: string
  readonly rowId: string
  readonly workspaceId: string
}

export class SealError extends Error {
  override readonly name = 'SealError'
}

export interface Vault {
  /** Encrypts text for a place, under the newest key. */
  seal(plain: string, place: Place): string
  /** Decrypts what `seal` made. Throws `SealError` for a foreign place, a changed byte or a lost key. */
  open(sealed: string, place: Place): string
  /** Whether values sealed under the key of that id can be opened. */
  knows(kid: string): boolean
}

const version = 'v1'

/** Data keys that are kept unwrapped: the same few values are opened again and again. */
const mostDataKeys = 1000

/**
 * Envelope encryption with AES-256-GCM: each value has a data key of its own, wrapped under the
 * newest vault key; table, row, workspace, key id and version are the authenticated data of both.
 * A sealed value reads `v1.kid.wrapped.body`, the last two in base64url as nonce, ciphertext, tag.
 */
export function createVault(ring: readonly VaultKey[]): Vault {
  const keys = new Map(ring.map(({ kid, secret }) => [kid, keyOf(secret)]))
  const newest = ring[0]
  if (!newest) throw new SealError('A vault needs at least one key.')
  const unwrapped = new Map<string, KeyObject>()
  const unwrap = (key: KeyObject, wrapped: string, aad: Buffer): KeyObject => {
    // A key that was wrapped for one place is not found by another.
    const name = `${wrapped} ${aad.toString()}`
    const known = unwrapped.get(name)
    if (known) return known
    if (unwrapped.size >= mostDataKeys) unwrapped.clear()
    const dataKey = keyOf(decrypt(key, wrapped, aad))
    unwrapped.set(name, dataKey)
    return dataKey
  }
  return {
    knows: (kid) => keys.has(kid),
    seal(plain, place) {
      const aad = authenticatedData(place, newest.kid)
      const dataKey = randomBytes(32)
      const wrapped = encrypt(keyOf(newest.secret), dataKey, aad)
      return [version, newest.kid, wrapped, encrypt(keyOf(dataKey), Buffer.from(plain), aad)].join(
        '.',
      )
    },
    open(sealed, place) {
      const [form, kid, wrapped, body, ...rest] = sealed.split('.')
      if (form !== version || !kid || !wrapped || !body || rest.length > 0) {
        throw new SealError('A sealed value is damaged.')
      }
      const key = keys.get(kid)
      if (!key) throw new SealError(`The vault key "${kid}" is not configured.`)
      const aad = authenticatedData(place, kid)
      return decrypt(unwrap(key, wrapped, aad), body, aad).toString('utf8')
    },
  }
}

/** The id of the vault key a sealed value was made under. */
export function sealedUnder(sealed: string): string {
  return sealed.split('.')[1] ?? ''
}

/** Node takes four times as long with a key that is just bytes. */
function keyOf(secret: Uint8Array): KeyObject {
  return createSecretKey(secret.subarray(0, 32))
}

function authenticatedData(place: Place, kid: string): Buffer {
  return Buffer.from([version, kid, place.table, place.rowId, place.workspaceId].join('\0'))
}

function encrypt(key: KeyObject, plain: Uint8Array, aad: Uint8Array): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')
}

function decrypt(key: KeyObject, sealed: string, aad: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < 28 || bytes.toString('base64url') !== sealed) {
    throw new SealError('A sealed value is damaged.')
  }
  const [nonce, body, tag] = [bytes.subarray(0, 12), bytes.subarray(12, -16), bytes.subarray(-16)]
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(tag)
    return Buffer.concat([decipher.update(body), decipher.final()])
  } catch (cause) {
    throw new SealError('A sealed value does not open here.', { cause })
  }
}
