import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface Target {
  /** As `normalHost` gives it. */
  readonly hostname: string
  readonly port: number
}

interface AllowEntry {
  readonly host?: string
  readonly network?: readonly [ipaddr.IPv4 | ipaddr.IPv6, number]
  readonly port?: number
}

const globalUnicast = ipaddr.IPv6.parse('2000::')

/**
 * Decides whether a target may be called, given every address it has: all of them must be public
 * on one of the usual ports, or be covered by an entry of the operator's list.
 * @throws Error when an entry is malformed.
 */
export function createJudge(
  allow: readonly string[],
  ports: readonly number[],
): (target: Target, addresses: readonly string[]) => boolean {
  const entries = allow.map(parseEntry)
  return (target, addresses) => {
    const passes = (address: string): boolean =>
      entries.some((entry) => matches(entry, target, address)) ||
      (ports.includes(target.port) && isPublic(address))
    return addresses.length > 0 && addresses.every(passes)
  }
}

/** `10.0.0.0/8:8080`, `[fd00::/8]:8080`, `ollama.internal`, `::1`. */
function parseEntry(text: string): AllowEntry {
  const isBareV6 = text.split(':').length > 2 && !text.startsWith('[')
  const parts = isBareV6 ? null : /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text)
  const target = (parts?.[1] ?? text).replaceAll(/^\[|\]$/g, '')
  const port = parts?.[2] === undefined ? {} : { port: Number(parts[2]) }
  const network = parseNetwork(target)
  if (network !== undefined) return { network, ...port }
  if (/^[a-z0-9_.-]+$/i.test(target)) return { host: normalHost(target), ...port }
  throw new Error(`EGRESS_ALLOW: "${text}" is not a host, an address or a CIDR.`)
}

function parseNetwork(target: string): AllowEntry['network'] {
  if (ipaddr.isValidCIDR(target)) return ipaddr.parseCIDR(target)
  if (isIP(target) === 0) return undefined
  return [ipaddr.parse(target), isIP(target) === 4 ? 32 : 128]
}

function matches(entry: AllowEntry, target: Target, address: string): boolean {
  if (entry.port !== undefined && entry.port !== target.port) return false
  if (entry.host !== undefined) return entry.host === target.hostname
  if (entry.network === undefined || !ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  const [network, bits] = entry.network
  return parsed.kind() === network.kind() && parsed.match(network, bits)
}

/** Plain global unicast only: forms that wrap an IPv4 address (mapped, NAT64, 6to4) are not. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  // ipaddr.js calls the deprecated `::127.0.0.1` unicast; all global addresses are in 2000::/3.
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast, 3)
}

/** A host name as it compares: lower case, without brackets and the root's dot. */
export function normalHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
