import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../core/errors.ts'
import type { StoredFile } from '../core/stored-file.ts'

/** Where the files of requests wait on disk: in memory a few of them would fill it. */
export interface Spool {
  begin(): Uploads
  /** Removes everything. */
  close(): Promise<void>
}

/** The files of one request. They are removed once everybody who holds them has let go. */
export interface Uploads {
  /**
   * Writes a file; answers the reference by which the request's own arguments name it. Nobody else
   * can make one up. Rejects with what the content fails with, or Failure UNAVAILABLE when the disk
   * takes no more.
   */
  add(content: Readable): Promise<string>
  /** The file behind a reference of this request; undefined for anything else. */
  find(reference: string): StoredFile | undefined
  /** Keeps the files until the returned function is called. */
  hold(): () => Promise<void>
}

const prefix = 'flowgate-spool-'
/** What a killed process left behind goes after a day. */
const staleMs = 86_400_000

export function createSpool(): Spool {
  let folder: Promise<string> | undefined
  return {
    begin: () => uploadsIn(() => (folder ??= makeFolder())),
    async close() {
      if (folder) await rm(await folder, { recursive: true, force: true })
    },
  }
}

function uploadsIn(folder: () => Promise<string>): Uploads {
  const files = new Map<string, StoredFile>()
  const paths: string[] = []
  let holders = 0
  return {
    async add(content) {
      const id = randomUUID()
      const path = join(await folder(), id)
      paths.push(path)
      const target = createWriteStream(path, { flags: 'wx', mode: 0o600 })
      await pipeline(content, target).catch((cause: unknown) => {
        throw target.errored === null || content.errored ? cause : noRoom(cause)
      })
      const reference = `upload:${id}`
      files.set(reference, { path, size: target.bytesWritten })
      return reference
    },
    find: (reference) => files.get(reference),
    hold() {
      holders += 1
      let isHeld = true
      return async () => {
        if (isHeld) holders -= 1
        isHeld = false
        if (holders > 0) return
        files.clear()
        await Promise.all(paths.splice(0).map((path) => rm(path, { force: true })))
      }
    },
  }
}

function noRoom(cause: unknown): Failure {
  return new Failure('UNAVAILABLE', 'The server has no room for these files now.', { cause })
}

async function makeFolder(): Promise<string> {
  await sweep().catch(() => undefined)
  return mkdtemp(join(tmpdir(), prefix))
}

async function sweep(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
  for (const name of names) {
    const path = join(tmpdir(), name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > staleMs) await rm(path, { recursive: true, force: true })
  }
}
