import { normalHost } from '../egress/rules.ts'

/** Where a database is, and as whom it is asked. */
export interface SqlAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: 'off' | 'unverified' | 'verified'
}

const tlsByMode: Readonly<Record<string, SqlAddress['tls']>> = {
  'no-verify': 'unverified',
  require: 'verified',
  'verify-ca': 'verified',
  'verify-full': 'verified',
}

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=require`, and nothing else of it: what
 * a driver would read besides names files of this server, or other hosts. Undefined when it is not
 * of this form.
 */
export function parseAddress(text: string): SqlAddress | undefined {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const { hostname, port, username, password, pathname, searchParams } = new URL(text)
  const [user, secret, database] = [username, password, pathname.slice(1)].map(decoded)
  const host = normalHost(hostname)
  if (!host || !user || !database || secret === undefined) return undefined
  const tls = tlsByMode[searchParams.get('sslmode') ?? ''] ?? 'off'
  return { host, port: Number(port) || 5432, user, password: secret, database, tls }
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
