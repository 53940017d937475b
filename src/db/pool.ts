import type { Pool, PoolClient } from 'pg'

/**
 * Gives connections back that were lost while somebody held them. Kysely gives a transaction's
 * connection back only once it was committed or rolled back, which a lost one never is: the pool
 * would stay smaller by it, and never close.
 */
export function giveBackLost(pool: Pool): void {
  const held = new WeakSet<PoolClient>()
  pool.on('acquire', (client) => held.add(client))
  pool.on('release', (_error, client) => held.delete(client))
  pool.on('connect', (client) => {
    client.on('end', () => {
      if (!held.has(client)) return
      const { release } = client
      // Whoever held it may give it back too, and a second time is an error.
      client.release = () => undefined
      release(true)
    })
  })
}
