import { isSecretName } from '../text/named-secrets.ts'
import { isRecord } from '../text/paths.ts'
import { scrubPatterns } from '../text/secrets.ts'

/** Keys under which canvases keep secrets; `maxTokens` is none. */
export const secretKey =
  /^(credential|flowise_credential_id)$|api_?key|secret|password|passphrase|authorization|headers?$|cookie|connectionstring|baseoptions|mcpserverconfig|token$/i

const queryPair = /(?<=[?&])([^=&#\s]+)=([^&#\s"'<>]+)/g
const jsonPair = /"((?:[^"\\]|\\.)+)"\s*:\s*"((?:[^"\\]|\\.)+)"/g

/** Whether canvases keep a secret under the key; ids of credentials are none by themselves. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key) && !isIdKey(key)
}

export function isIdKey(key: string): boolean {
  return key === 'credential' || key === 'FLOWISE_CREDENTIAL_ID'
}

/**
 * A copy without texts that look like a key, and without what stands beside the name of a secret: in
 * a pair `{key, value}`, in the query of an address, in JSON within a text. What a run puts in, as
 * `{{$vars.token}}`, stays.
 */
export function withoutSecretTexts(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(withoutSecretTexts)
  if (!isRecord(value)) return value
  const { key } = value
  const holdsSecret = typeof key === 'string' && isSecretName(key)
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    holdsSecret && name === 'value' && !isReference(item) ? '' : withoutSecretTexts(item),
  ])
  return Object.fromEntries(entries)
}

function cleanText(text: string): string {
  const clean = scrubPatterns(text).replaceAll(
    queryPair,
    (pair: string, name: string, secret: string) =>
      isSecretName(name) && !isReference(secret) ? `${name}=` : pair,
  )
  // A prompt that shows some JSON is left as it is.
  if (!/^\s*[[{]/.test(clean)) return clean
  return clean.replaceAll(jsonPair, (pair: string, name: string, secret: string) =>
    isSecretName(name) && !isReference(secret) ? `"${name}": ""` : pair,
  )
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && /^\{\{[^{}]*\}\}$/.test(value)
}
