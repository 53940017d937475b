import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { Failure } from '../../core/errors.ts'
import { createJudge, normalHost, type Target } from './rules.ts'

/** All addresses of a host name; rejects when it has none. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

export interface GuardOptions {
  /** `EGRESS_ALLOW`: a host, address or CIDR each, with an optional `:port`. */
  readonly allow: readonly string[]
  readonly resolve?: Resolve | undefined
  /** Ports of public hosts that need no entry. */
  readonly ports: readonly number[]
}

/** Keeps sockets to addresses that may be called. */
export interface EgressGuard {
  /** Judges a literal address, which no look-up would. @throws Failure UPSTREAM. */
  checkLiteral(target: Target): void
  /** Answers addresses that passed, for a socket to open to; the names are looked up once. */
  lookup(port: number): LookupFunction
}

/** @throws Error when an entry of `allow` is malformed. */
export function createGuard({
  allow,
  ports,
  resolve = resolveBySystem,
}: GuardOptions): EgressGuard {
  const permits = createJudge(allow, ports)
  const check = (target: Target, addresses: readonly string[]): void => {
    if (!permits(target, addresses)) throw refusal(target)
  }
  return {
    checkLiteral: (target) => {
      if (isIP(target.hostname) !== 0) check(target, [target.hostname])
    },
    lookup: (port) => {
      const find = callbackify(async (hostname: string) => {
        const addresses = await resolve(hostname)
        check(
          { hostname: normalHost(hostname), port },
          addresses.map(({ address }) => address),
        )
        return [...addresses]
      })
      // With `autoSelectFamily` Node asks for all addresses at once, which is what `find` answers.
      return (hostname, _how, done) => find(hostname, done)
    },
  }
}

function resolveBySystem(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses)
      else reject(error)
    })
  })
}

function refusal({ hostname, port }: Target): Failure {
  return new Failure(
    'UPSTREAM',
    `Calls to ${hostname} on port ${port} are refused: it is not a public address on a usual ` +
      'port. The operator can allow it with EGRESS_ALLOW.',
  )
}
