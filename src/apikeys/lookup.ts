import type { Deps } from '../context.ts'
import type { RateLimit } from '../core/caller.ts'
import type { KeyPermission } from '../core/permissions.ts'
import { digest, digestsMatch, isSecret } from '../core/secret.ts'
import type { Condition } from '../db/list.ts'

/** A key that is live, as it is known before any workspace is. */
export interface LiveKey {
  readonly id: string
  readonly keyName: string
  readonly workspaceId: string
  readonly permissions: readonly KeyPermission[]
  readonly rateLimit: RateLimit | null
  readonly expiresDate: Date | null
}

type Named = { readonly secret: string } | { readonly id: string }

/**
 * The live key of that id, or that a bearer presents; null when it is malformed, unknown, expired,
 * rotated away or deleted. The checksum is public, so refusing a typo without a look-up tells nothing.
 */
export async function findKey(deps: Deps, named: Named): Promise<LiveKey | null> {
  const [column, value] = 'secret' in named ? ['key', digest(named.secret)] : ['id', named.id]
  const found = await deps.access.get(`key ${column} ${value}`, async () => {
    if ('secret' in named && !isSecret(named.secret)) return null
    const row = await read(deps, column === 'id' ? byId(value) : byDigest(value))
    return (
      row && { value: liveKey(row, value), tags: [`key:${row.id}`, `workspace:${row.workspaceId}`] }
    )
  })
  return found && found.until > deps.clock.now().getTime() ? found : null
}

/** The live key whose id and secret these are; null for any other pair. */
export async function findKeyBySecret(
  deps: Deps,
  id: string,
  secret: string,
): Promise<LiveKey | null> {
  const row = await read(deps, byId(id))
  if (!row) return null
  const presented = digest(secret)
  const isCurrent = digestsMatch(row.secretDigest, presented)
  const isPrevious = row.inGrace && digestsMatch(row.previousSecretDigest ?? '', presented)
  return isCurrent || isPrevious ? liveKey(row, row.keyDigest) : null
}

interface KeyRow {
  readonly id: string
  readonly keyName: string
  readonly workspaceId: string
  readonly permissions: KeyPermission[]
  readonly rateLimit: RateLimit | null
  readonly expiresDate: string | Date | null
  readonly keyDigest: string
  readonly secretDigest: string
  readonly previousSecretDigest: string | null
  readonly graceEndsDate: string | Date | null
  readonly inGrace: boolean
}

const inGrace = 'coalesce(grace_ends_date > now(), false)'
const byId = (id: string): Condition => ({ sql: 'id = ?', params: [id] })
/** Each half finds its index; one expression over both columns would read through all keys. */
const byDigest = (found: string): Condition => ({
  sql: `(key_digest = ? or (previous_key_digest = ? and ${inGrace}))`,
  params: [found, found],
})

async function read(deps: Deps, condition: Condition): Promise<KeyRow | null> {
  const [row] = await deps.database.rows<KeyRow>(
    deps.database.lookupEm(),
    `select id, key_name as "keyName", workspace_id as "workspaceId", permissions,
       rate_limit as "rateLimit", expires_date as "expiresDate", key_digest as "keyDigest",
       secret_digest as "secretDigest", previous_secret_digest as "previousSecretDigest",
       grace_ends_date as "graceEndsDate", ${inGrace} as "inGrace"
     from api_key where ${condition.sql} and (expires_date is null or expires_date > now())`,
    condition.params,
  )
  return row ?? null
}

/** `until`: when the key, or the grace of the secret it was found by, is over. */
function liveKey(row: KeyRow, foundBy: string): LiveKey & { until: number } {
  const expiresDate = row.expiresDate === null ? null : new Date(row.expiresDate)
  const byOldSecret = foundBy !== row.keyDigest && foundBy !== row.id
  const grace = byOldSecret && row.graceEndsDate !== null ? new Date(row.graceEndsDate) : null
  return {
    id: row.id,
    keyName: row.keyName,
    workspaceId: row.workspaceId,
    permissions: row.permissions,
    rateLimit: row.rateLimit,
    expiresDate,
    until: Math.min(expiresDate?.getTime() ?? Infinity, grace?.getTime() ?? Infinity),
  }
}
