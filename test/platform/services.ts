import { connect } from 'node:net'

/**
 * Whether the service answers on 127.0.0.1. Absent, its tests are skipped with a printed reason,
 * but in CI, where a skipped test would be a lie, they fail.
 */
export async function isServiceThere(name: string, port: number): Promise<boolean> {
  const isThere = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
  if (isThere) return true
  if (process.env['CI']) throw new Error(`No ${name} on 127.0.0.1:${port}, which CI must have`)
  process.stdout.write(`skipped: no ${name} on 127.0.0.1:${port}\n`)
  return false
}

/** Asks again until the answer is true; fails after five seconds. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5000
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error('Waited five seconds in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
