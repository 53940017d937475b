import { isSecretName } from '../text/named-secrets.ts'
import { isRecord, rowsInText, textOf } from '../text/paths.ts'
import { scrubWritten } from '../text/secrets.ts'

/** Keys under which canvases keep secrets; `maxTokens` is none. */
export const secretKey =
  /^(credential|flowise_credential_id)$|api[-_]?key|secret|password|passphrase|authorization|headers?$|cookie|connectionstring|baseoptions|mcpserverconfig|token$/i

/** Names may begin at any sign of these, and are as long as names are: no text is gone through often. */
const queryPair = /(?<=[?&])([^=&#\s]{1,200})=([^&#\s"'<>]+)/g
const jsonPair = /"((?:[^"\\]|\\.){1,200})"\s*:\s*"((?:[^"\\]|\\.)+)"/g

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
  const rows = rowsInText(text)
  if (!rows) return cleanProse(text)
  const clean = JSON.stringify(withoutSecretTexts(rows.map(cleanRow)))
  // What holds no secret stays as it was written.
  return clean === JSON.stringify(rows) ? text : clean
}

/** What canvases offer as the type of a field, or as what an update does to it. */
const fieldType = /^((string|json)( array)?|number|boolean|enum|replace|append)$/i

/** Canvases keep tables as text: the `key` of a field or of a pair is no key to anything. */
function cleanRow(row: unknown): unknown {
  if (Array.isArray(row)) return row.map(cleanRow)
  if (!isRecord(row)) return row
  const isField = Object.entries(row).some(
    ([name, item]) =>
      /^value$/i.test(name) || (/^(type|operation)$/i.test(name) && fieldType.test(textOf(item))),
  )
  const entries = Object.entries(row).flatMap(([name, item]) => {
    if (isReference(item) || (/^key$/i.test(name) && isField)) return [[name, item] as const]
    if (secretKey.test(name)) return []
    const isSecret = typeof item === 'string' && isSecretName(name)
    return [[name, isSecret ? '' : cleanRow(item)] as const]
  })
  return Object.fromEntries(entries)
}

function cleanProse(text: string): string {
  const clean = scrubWritten(text).replaceAll(
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
  return typeof value === 'string' && /^(\{\{[^{}]*\}\}|\$(flow|vars)\.[\w.[\]-]+)$/.test(value)
}
