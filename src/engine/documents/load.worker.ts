import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { Failure, type FailureCode } from '../../core/errors.ts'
import type { LoadJob } from '../node/load-job.ts'
import { runLoadJob } from './load.ts'

/** A refusal that can pass between threads; a Failure would arrive as a bare error. */
export interface Refused {
  readonly code: FailureCode
  readonly message: string
}

/** Sends chunks by the port, some whenever it is asked for them; null after the last. */
export async function load({
  job,
  port,
}: {
  readonly job: LoadJob
  readonly port: MessagePort
}): Promise<Refused | null> {
  try {
    await once(port, 'message')
    for await (const documents of runLoadJob(job)) {
      port.postMessage(documents)
      await once(port, 'message')
    }
    port.postMessage(null)
    return null
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { code: error.code, message: error.message }
  } finally {
    port.close()
  }
}
