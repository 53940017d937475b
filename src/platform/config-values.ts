import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** Secrets by key id, newest first: the first one signs or encrypts, all of them read. */
export type SecretRing = readonly { readonly kid: string; readonly secret: Uint8Array }[]

export const MIN_SECRET_BYTES = 32

/** Schemas for the text of one variable. Their messages follow its name: "PORT must be …". */
export const number = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
}

const switches: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  1: true,
  off: false,
  false: false,
  no: false,
  0: false,
}

export const toggle = z
  .string()
  .refine((text) => Object.hasOwn(switches, text.toLowerCase()), 'must be on or off')
  .transform((text) => switches[text.toLowerCase()] === true)

const secondsByUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `90`, `90s`, `15m`, `12h` or `30d`, as seconds. */
export const duration = (maxSeconds: number) => {
  const message = `must be a time such as 90s, 15m, 12h or 30d, of at most ${maxSeconds} seconds`
  return z
    .string()
    .regex(/^\d{1,9}[smhd]?$/, message)
    .transform((text) => parseInt(text, 10) * (secondsByUnit[text.slice(-1)] ?? 1))
    .refine((seconds) => seconds >= 1 && seconds <= maxSeconds, message)
}

const bytesByUnit: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1_048_576 }

/** `500kb`, `10mb` or a number of bytes, as bytes. */
export const size = (min: number, max: number) => {
  const message = `must be a size such as 500kb or 10mb, from ${min} to ${max} bytes`
  return z
    .string()
    .regex(/^\d{1,9}(?:b|kb|mb)?$/i, message)
    .transform((text) => {
      const unit = text.replace(/^\d+/, '').toLowerCase()
      return parseInt(text, 10) * (bytesByUnit[unit] ?? 1)
    })
    .refine((bytes) => bytes >= min && bytes <= max, message)
}

/** A URL of one of the schemes, such as `redis:`. */
export const url = (schemes: readonly string[]) =>
  z.string().refine(
    (text) => {
      return URL.canParse(text) && schemes.includes(new URL(text).protocol)
    },
    `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  )

/** Comma-separated entries, blanks around them dropped. */
export const list = (isGood: (entry: string) => boolean, message: string) =>
  z
    .string()
    .transform(splitList)
    .refine((entries) => entries.every(isGood), message)

/** `https://app.example.com`: scheme, host and perhaps a port, as a browser sends it. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text
}

/** A host name, an address or a CIDR, each with an optional port: `[fd00::/8]:8080`. */
export function isEgressEntry(text: string): boolean {
  if (ipaddr.IPv6.isValid(text) || isCidr(text)) return true
  const parts = /^(\[[0-9a-f:./]+\]|[a-z0-9_.-]+(?:\/\d{1,2})?)(?::(\d{1,5}))?$/i.exec(text)
  if (parts === null) return false
  const target = (parts[1] ?? '').replace(/^\[|\]$/g, '')
  const isTarget = /[:/]/.test(target) ? isCidr(target) || ipaddr.IPv6.isValid(target) : true
  const port = parts[2] === undefined ? 1 : Number(parts[2])
  return isTarget && port >= 1 && port <= 65_535
}

const ringMessage =
  `must be a comma-separated list of kid:base64, newest first, each key id used once and each ` +
  `secret of at least ${MIN_SECRET_BYTES} bytes`

/** `kid:base64,kid:base64`; standard or URL-safe base64. */
export const secretRing = z.string().transform((text, context): SecretRing => {
  const ring = splitList(text).map(parseSecret)
  const good = ring.filter((entry) => entry !== null)
  const kids = new Set(good.map((entry) => entry.kid))
  if (good.length > 0 && good.length === ring.length && kids.size === ring.length) return good
  context.addIssue({ code: 'custom', message: ringMessage })
  return z.NEVER
})

function parseSecret(text: string): { kid: string; secret: Uint8Array } | null {
  const parts = /^([A-Za-z0-9][\w.-]{0,63}):([A-Za-z0-9+/_-]+={0,2})$/.exec(text)
  const [, kid, base64] = parts ?? []
  if (kid === undefined || base64 === undefined) return null
  const secret = new Uint8Array(Buffer.from(base64, 'base64'))
  return secret.length >= MIN_SECRET_BYTES ? { kid, secret } : null
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text)
}
