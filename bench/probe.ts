import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'

/** What a measured server says of itself when it is asked; the longest stall is since the last time. */
export interface Reading {
  readonly cpuMs: number
  readonly rssMb: number
  readonly stallMs: number
}

// Preloaded into each server, so that the server itself needs to know nothing of the bench.
if (isMainThread && process.send) {
  const resolution = 1
  const delays = monitorEventLoopDelay({ resolution })
  delays.enable()
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const reading: Reading = {
      cpuMs: (user + system) / 1000,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      stallMs: Math.max(0, delays.max / 1e6 - resolution),
    }
    delays.reset()
    process.send?.(reading)
  })
  process.channel?.unref()
}
