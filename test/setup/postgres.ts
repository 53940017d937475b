import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { dropDatabases } from './postgres-databases.ts'
import { startPostgres } from './postgres-server.ts'

/** Finds or starts a server, and removes whatever the run left on it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  const prefix = `fgt_${process.pid}_${randomBytes(3).toString('hex')}_`
  project.provide('adminUrl', server.url)
  project.provide('prefix', prefix)
  return async () => {
    await dropDatabases(server.url, prefix)
    server.stop()
  }
}
