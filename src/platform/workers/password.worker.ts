import { compareSync, hashSync } from 'bcryptjs'

export interface HashTask {
  /** Pre-hashed password: ASCII, shorter than the 72 bytes that bcrypt reads. */
  readonly secret: string
  /** log2 of the rounds. */
  readonly cost: number
}

export interface VerifyTask {
  readonly secret: string
  readonly hash: string
}

// The synchronous calls: nothing else runs in this thread, and the asynchronous ones only add time.

/** Returns the 60 characters of a bcrypt hash. */
export function hash(task: HashTask): string {
  return hashSync(task.secret, task.cost)
}

export function verify(task: VerifyTask): boolean {
  return compareSync(task.secret, task.hash)
}
