import { parentPort } from 'node:worker_threads'
import { execute } from './sandbox/execute.ts'
import { createBoot } from './sandbox/machine.ts'
import type { FromThread, RunMessage, ToThread } from './sandbox/messages.ts'
import { createRequests, type Requests } from './sandbox/requests.ts'

/** Memory a thread keeps after a run until its garbage collector cares; beyond it, better end. */
const spentBytes = 32 * 1024 * 1024

await serve((message) => parentPort?.postMessage(message, []))

/** One run after the other; the requests of a run pass in between. */
async function serve(post: (message: FromThread) => void): Promise<void> {
  const boot = await createBoot()
  let requests: Requests | undefined
  let last = 0
  const nextId = (): number => {
    last += 1
    return last
  }

  const run = async (job: RunMessage): Promise<void> => {
    requests = createRequests(post, nextId)
    const machine = await boot(job.memoryBytes)
    const ending = await execute(machine, job, requests)
    const isBad = ending.kind === 'memory' || ending.kind === 'broken'
    post({ kind: 'end', ending, spent: isBad || machine.used() > spentBytes })
  }
  parentPort?.on('message', (message: ToThread) => {
    if (message.kind === 'run') void run(message)
    else requests?.take(message.id, message.answer)
  })
  post({ kind: 'ready' })
}
