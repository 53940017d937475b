import { editDistance } from '../core/edit-distance.ts'

/** Beginnings that only our variables have; VAULT_ alone would catch HashiCorp's own. */
const ourPrefixes = [
  'JWT_',
  'VAULT_KEY',
  'VAULT_SECRET',
  'API_KEYS_',
  'ANONYMOUS_',
  'EGRESS_',
  'RETENTION_',
  'SHUTDOWN_',
  'RATE_LIMIT',
  'METRICS_',
  'CORS_',
  'BODY_LIM',
  'FLOWGATE_',
]

/** A variable of ours that nobody reads, and the one that was probably meant. */
export interface Misspelling {
  readonly name: string
  readonly meant: string
}

/**
 * Finds the first variable that is meant for us but has no name we know: it begins like one of
 * ours, or is a slip or two away from one. Names shorter than six letters, such as PORT, are too
 * close to ordinary words to judge.
 */
export function findMisspelling(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): Misspelling | null {
  for (const [name, value] of Object.entries(env)) {
    if (known.includes(name) || isServiceLink(name, value)) continue
    const meant = nearest(name, known)
    if (meant !== null) return { name, meant }
  }
  return null
}

/** Kubernetes and Docker put such variables beside each service: `METRICS_PORT_9090_TCP`. */
function isServiceLink(name: string, value: string | undefined): boolean {
  return (
    /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/.test(name) ||
    (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value ?? ''))
  )
}

function nearest(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((meant) => ({ meant, slips: editDistance(name, meant) }))
    .toSorted((a, b) => a.slips - b.slips)
  const best = ranked[0]
  if (best === undefined) return null
  const isOurs = ourPrefixes.some((prefix) => name.startsWith(prefix))
  const close = ranked.find(({ meant, slips }) => meant.length >= 6 && slips <= tolerance(meant))
  return close?.meant ?? (isOurs ? best.meant : null)
}

/** In a short name a single slip only: DB_PORT is no misspelt DB_POOL. */
function tolerance(name: string): number {
  return name.length < 9 ? 1 : 2
}
