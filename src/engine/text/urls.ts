/** An address in its usual form; undefined for what is no http URL. */
export function httpUrl(text: string): string | undefined {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) ? url.href : undefined
}
