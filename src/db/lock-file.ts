import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export class FolderInUse extends Error {
  override readonly name = 'FolderInUse'
}

/**
 * Claims a data folder for this process; the embedded database would let a second one write too.
 * Returns the function that gives it back. Throws `FolderInUse` while another live process holds it;
 * a claim left behind by a killed process is taken over.
 */
export function claimFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'flowgate.lock')
  const claim = `${process.pid} ${startOf(process.pid)}`
  if (!writeNew(path, claim)) {
    const [pid = '', ...start] = readFileSync(path, 'utf8').split(' ')
    const holder = Number(pid)
    if (holder !== process.pid && isAlive(holder) && startOf(holder) === start.join(' ')) {
      throw new FolderInUse(
        `Process ${holder} already uses the data folder ${folder}. Stop it, or set DATA_DIR to another folder.`,
      )
    }
    rmSync(path, { force: true })
    if (!writeNew(path, claim)) return claimFolder(folder)
  }
  return () => rmSync(path, { force: true })
}

function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process started, where the system says so: a number handed out anew is another process. */
function startOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
