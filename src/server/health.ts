import { setTimeout as wait } from 'node:timers/promises'
import type { Vault } from '../core/seal.ts'
import { keyIdsInUse } from '../credentials/rotation.ts'
import type { Database } from '../db/database.ts'
import type { Log } from '../platform/log.ts'
import { jsonAnswer, textAnswer } from '../rest/answer.ts'
import { basePath } from '../rest/routes.ts'
import type { Endpoint } from './exchange.ts'

const patienceMs = 2000

export interface HealthParts {
  readonly database: Database
  readonly log: Log
  readonly vault: Vault
  /** Whether the server has begun to stop. */
  isDraining(): boolean
}

/** Whether the process lives, and whether it should be sent requests. */
export function healthEndpoints(parts: HealthParts): Endpoint[] {
  return [
    { method: 'GET', path: `${basePath}/ping`, answer: () => textAnswer('pong') },
    { method: 'GET', path: '/health/live', answer: () => jsonAnswer({ status: 'ok' }) },
    {
      method: 'GET',
      path: '/health/ready',
      async answer() {
        const reasons = await whyNotReady(parts)
        return reasons.length === 0
          ? jsonAnswer({ status: 'ok' })
          : jsonAnswer({ status: 'unavailable', reasons }, 503, { 'retry-after': '1' })
      },
    },
  ]
}

async function whyNotReady(parts: HealthParts): Promise<string[]> {
  const { database, log, vault } = parts
  if (parts.isDraining()) return ['The server is stopping.']
  const stop = new AbortController()
  try {
    const late = wait(patienceMs, null, { signal: stop.signal, ref: false }).then(() => {
      throw new Error('no answer in time')
    })
    const kids = await Promise.race([keyIdsInUse(database), late])
    return kids
      .filter((kid) => !vault.knows(kid))
      .map((kid) => `Stored credentials need the vault key "${kid}", which is not configured.`)
  } catch (error) {
    log.warn({ err: error }, 'the database does not answer')
    return ['The database does not answer.']
  } finally {
    stop.abort()
  }
}
