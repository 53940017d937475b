import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/platform/config.ts'
import { loadSecrets } from '../../src/platform/secrets.ts'

const run = promisify(execFile)
const secret = Buffer.alloc(32, 7).toString('base64')

test('makes what is missing, for the owner only, and reads it again later', () => {
  const dataDir = join(newFolder(), 'deep', 'data')
  const config = readConfig({ DATA_DIR: dataDir })
  const made = loadSecrets(config)
  expect(made.generated).toEqual([join(dataDir, 'jwt-secrets'), join(dataDir, 'vault-keys')])
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  for (const path of made.generated) expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(made.jwt[0]?.secret).toHaveLength(32)
  expect(made.jwt[0]?.secret).not.toEqual(made.vault[0]?.secret)
  expect(loadSecrets(config)).toEqual({ ...made, generated: [] })
  expect(readdirSync(dataDir)).toHaveLength(2)
})

test('makes nothing for what is configured', () => {
  const dataDir = join(newFolder(), 'data')
  const ring = `k1:${secret}`
  const config = readConfig({ DATA_DIR: dataDir, JWT_SECRETS: ring, VAULT_KEYS: ring })
  expect(loadSecrets(config)).toMatchObject({ jwt: [{ kid: 'k1' }], generated: [] })
  expect(existsSync(dataDir)).toBe(false)
})

test('reads a ring that the owner rotated by hand', () => {
  const dataDir = newFolder()
  writeFileSync(join(dataDir, 'jwt-secrets'), `k2:${secret},k1:${secret}\n`)
  const { jwt } = loadSecrets(readConfig({ DATA_DIR: dataDir }))
  expect(jwt.map(({ kid }) => kid)).toEqual(['k2', 'k1'])
})

test('processes that start at once end up with the same secrets, whole ones', async () => {
  const dataDir = join(newFolder(), 'data')
  const script = `
    import { readConfig } from '${href('src/platform/config.ts')}'
    import { loadSecrets } from '${href('src/platform/secrets.ts')}'
    const { jwt, vault, generated } = loadSecrets(readConfig({ DATA_DIR: process.argv[1] }))
    const kids = [...jwt, ...vault].map(({ kid }) => kid).join(' ')
    console.log(JSON.stringify([kids, generated.length]))`
  const starts = Array.from({ length: 6 }, () =>
    run(process.execPath, ['--input-type=module', '-e', script, dataDir]),
  )
  const answers = (await Promise.all(starts)).map(({ stdout }) => JSON.parse(stdout))
  expect(new Set(answers.map(([kids]) => kids)).size).toBe(1)
  expect(answers.reduce((sum, [, made]) => sum + made, 0)).toBe(2)
  expect(readdirSync(dataDir).sort()).toEqual(['jwt-secrets', 'vault-keys'])
})

test('threat 14: a damaged file is refused by its path, and stays as it is', () => {
  const dataDir = newFolder()
  const path = join(dataDir, 'jwt-secrets')
  writeFileSync(path, 'k1:tooshort')
  const load = () => loadSecrets(readConfig({ DATA_DIR: dataDir }))
  expect(load).toThrow(ConfigError)
  expect(load).toThrow(`${path} must be`)
  expect(readFileSync(path, 'utf8')).toBe('k1:tooshort')
})

test('a folder that cannot be made is refused in one sentence', () => {
  const file = join(newFolder(), 'file')
  writeFileSync(file, '')
  chmodSync(file, 0o600)
  const load = () => loadSecrets(readConfig({ DATA_DIR: join(file, 'data') }))
  expect(load).toThrow(/^DATA_DIR cannot be used: .* gives ENOTDIR\.$/)
})

function href(path: string): string {
  return pathToFileURL(resolve(path)).href
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'flowgate-secrets-'))
}
