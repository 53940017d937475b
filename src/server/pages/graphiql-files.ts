import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** GraphiQL's files, gzipped. The last three are scripts of web workers, by the names it uses. */
export interface GraphiqlFiles {
  readonly library: Uint8Array
  readonly style: Uint8Array
  readonly editorWorkerService: Uint8Array
  readonly json: Uint8Array
  readonly graphql: Uint8Array
}

/**
 * Reads and packs GraphiQL in a thread that ends with it: as a module it is 9 MB of text, which
 * would hold up requests for a quarter of a second and stay in memory for good.
 */
export async function loadGraphiql(): Promise<GraphiqlFiles> {
  // It is .ts beside this file when run from source, .js when built.
  const file = new URL(`graphiql.worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(file)
  try {
    const [files] = (await once(worker, 'message')) as [GraphiqlFiles]
    return files
  } finally {
    await worker.terminate()
  }
}
