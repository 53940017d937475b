import { randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { MIN_SECRET_BYTES, secretRing } from './config-values.ts'
import { ConfigError } from './config.ts'
import type { Config, SecretRing } from './config.ts'

export interface Secrets {
  readonly jwt: SecretRing
  readonly vault: SecretRing
  /** Paths of files made by this call: the owner is warned that they are to be kept. */
  readonly generated: readonly string[]
}

/**
 * The configured secrets, or else those in files of the data folder, made at the first start.
 * The files hold what `JWT_SECRETS` and `VAULT_KEYS` would: `kid:base64`.
 * @throws ConfigError when a file cannot be made, read or understood.
 */
export function loadSecrets(config: Pick<Config, 'dataDir' | 'jwtSecrets' | 'vaultKeys'>): Secrets {
  const jwt = ringOrFile(config.jwtSecrets, join(config.dataDir, 'jwt-secrets'))
  const vault = ringOrFile(config.vaultKeys, join(config.dataDir, 'vault-keys'))
  const generated = [jwt.madePath, vault.madePath].filter((path) => path !== null)
  return { jwt: jwt.ring, vault: vault.ring, generated }
}

interface Found {
  readonly ring: SecretRing
  readonly madePath: string | null
}

function ringOrFile(ring: SecretRing | null, path: string): Found {
  if (ring !== null) return { ring, madePath: null }
  try {
    const known = readIfThere(path)
    if (known !== null) return { ring: parseFile(path, known), madePath: null }
    const isOurs = make(path)
    const text = readFileSync(path, 'utf8')
    return { ring: parseFile(path, text), madePath: isOurs ? path : null }
  } catch (error) {
    if (!hasCode(error)) throw error
    throw new ConfigError(`DATA_DIR cannot be used: ${path} gives ${error.code}.`)
  }
}

/** Makes the file whole or not at all; false when another process was quicker. */
function make(path: string): boolean {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  const kid = randomBytes(4).toString('hex')
  const secret = randomBytes(MIN_SECRET_BYTES).toString('base64')
  try {
    writeDraft(draft, `${kid}:${secret}\n`)
    // A link, not a rename: it fails where the name exists, so that the first one stays.
    linkSync(draft, path)
    syncFolder(join(path, '..'))
    return true
  } catch (error) {
    if (hasCode(error) && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Makes the new name itself survive a power cut; Windows opens no folders and needs it not. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error) && error.code === 'ENOENT') return null
    throw error
  }
}

function parseFile(path: string, text: string): SecretRing {
  const parsed = secretRing.safeParse(text.trim())
  if (parsed.success) return parsed.data
  throw new ConfigError(`${path} ${parsed.error.issues[0]?.message ?? 'is malformed'}.`)
}

function hasCode(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}
