import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const code = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', async ({ file, name, given }) => {
  try {
    const found = await (await import(file))[name](...given)
    parentPort.postMessage({ found })
  } catch (error) {
    parentPort.postMessage({ refusal: String(error) })
  }
})`

let worker: Worker | undefined

/**
 * What a function of the engine answers, asked on another thread: a regular expression without end
 * would keep this one from ever ending the test. @throws when it takes more than four seconds.
 */
export async function aside(file: string, name: string, ...given: unknown[]): Promise<unknown> {
  worker ??= new Worker(code, { eval: true })
  const asked = worker
  asked.unref()
  const url = new URL(`../../src/engine/${file}`, import.meta.url).href
  asked.postMessage({ file: url, name, given })
  try {
    const [answer] = await once(asked, 'message', { signal: AbortSignal.timeout(4000) })
    if (answer.refusal !== undefined) throw new Error(answer.refusal)
    return answer.found
  } catch (error) {
    worker = undefined
    await asked.terminate()
    throw error
  }
}
