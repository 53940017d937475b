/** An address in its usual form; undefined for what is no http URL. */
export function httpUrl(text: string): string | undefined {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) ? url.href : undefined
}

/** An address to which a path can be added. */
export function withoutEndSlashes(address: string): string
export function withoutEndSlashes(address: string | undefined): string | undefined
export function withoutEndSlashes(address: string | undefined): string | undefined {
  // Slashes are looked at from the first of them only.
  return address?.replace(/(?<!\/)\/+$/, '')
}
