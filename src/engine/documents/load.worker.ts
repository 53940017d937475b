import { Failure, type FailureCode } from '../../core/errors.ts'
import type { LoadedDocument } from '../node/instances.ts'
import type { LoadJob } from '../node/load-job.ts'
import { runLoadJob } from './load.ts'

/** An end of a job that can pass between threads; a Failure would arrive as a bare error. */
export type LoadEnding =
  | { readonly documents: readonly LoadedDocument[] }
  | { readonly refused: { readonly code: FailureCode; readonly message: string } }

export async function load(job: LoadJob): Promise<LoadEnding> {
  try {
    return { documents: await runLoadJob(job) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { refused: { code: error.code, message: error.message } }
  }
}
