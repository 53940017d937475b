import type { AnswerHeaders } from '../../rest/answer.ts'

/** A page runs and loads only what is named here; nothing comes from elsewhere. */
export function pageHeaders(policy: Readonly<Record<string, string>> = {}): AnswerHeaders {
  const directives = {
    'default-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'style-src': "'unsafe-inline'",
    'img-src': "'self' data:",
    ...policy,
  }
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': Object.entries(directives)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    // Asks again each time, and costs a 304 then.
    'cache-control': 'no-cache',
  }
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
