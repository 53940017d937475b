import { isIP } from 'node:net'
import type { Log } from '../../platform/log.ts'
import type { Stage } from '../exchange.ts'

/**
 * Finds the client's address behind `hops` proxies of ours: each adds one entry to
 * `X-Forwarded-For`, and whatever stands left of those anybody could have written.
 */
export function clientAddress(hops: number, log: Log): Stage {
  let warned = false
  return (exchange, next) => {
    const forwarded = exchange.headers['x-forwarded-for']
    exchange.address = plain(exchange.peer)
    if (forwarded !== undefined && hops > 0) {
      exchange.address = believed(forwarded, hops) ?? exchange.address
    } else if (forwarded !== undefined && !warned) {
      warned = true
      log.warn('X-Forwarded-For is not believed; behind a proxy, set TRUST_PROXY to their number.')
    }
    return next(exchange)
  }
}

function believed(forwarded: string, hops: number): string | null {
  const entries = forwarded.split(',')
  const entry = entries[Math.max(0, entries.length - hops)]?.trim() ?? ''
  // Some proxies add the port: 203.0.113.7:4711, [2001:db8::7]:4711.
  const address = entry.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  return isIP(address) === 0 ? null : plain(address)
}

/** An IPv4 address that a dual-stack socket shows as IPv6 is itself again. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
