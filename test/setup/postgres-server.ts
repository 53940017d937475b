import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

export interface PostgresServer {
  /** A login that may do everything, at the database `postgres`. */
  readonly url: string
  stop(): void
}

/** Where a server is expected; another one may be named. */
const usual = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/**
 * Whether tests on PostgreSQL can run: a server answers, or one can be started. Where not, they are
 * skipped with a printed reason, but in CI, where a skipped test would be a lie, they fail.
 */
export async function isPostgresThere(): Promise<boolean> {
  if ((await answers(usual)) || serverBinaries() !== null) return true
  const reason = 'no PostgreSQL answers, and none is installed that could be started'
  if (process.env['CI']) throw new Error(`The tests on PostgreSQL must run in CI: ${reason}.`)
  process.stdout.write(`skipped: the tests on PostgreSQL, ${reason}.\n`)
  return false
}

/** The server that answers, or else one of our own in a folder of its own. */
export async function startPostgres(): Promise<PostgresServer> {
  if (await answers(usual)) return { url: usual, stop: () => undefined }
  const binaries = serverBinaries()
  if (binaries === null) throw new Error('No PostgreSQL answers, and none is installed.')
  return startOwn(binaries)
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The folder of `initdb` and `pg_ctl`, which distributions keep off the path. */
function serverBinaries(): string | null {
  const versions = '/usr/lib/postgresql'
  const debian = existsSync(versions)
    ? readdirSync(versions)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(versions, version, 'bin'))
    : []
  const folders = [...debian, ...(process.env['PATH'] ?? '').split(':')]
  return (
    folders.find((path) => existsSync(join(path, 'initdb')) && existsSync(join(path, 'pg_ctl'))) ??
    null
  )
}

async function startOwn(binaries: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-postgres-'))
  const user = ordinaryUser()
  if (user) chownSync(folder, user.uid, user.gid)
  const run = (program: string, args: string[]): void => {
    execFileSync(join(binaries, program), args, { ...user, cwd: folder, stdio: 'ignore' })
  }
  const data = join(folder, 'data')
  const port = await freePort()
  run('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'])
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`
  run('pg_ctl', ['-D', data, '-l', join(folder, 'log'), '-w', '-o', settings, 'start'])
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop() {
      run('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL refuses to run as root; the packages bring a user for it. */
function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim())
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}
