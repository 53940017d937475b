import { isRecord } from './paths.ts'
import { passwordIn } from './secrets.ts'

/**
 * Fields of credentials that give nobody access. Every other one is a secret, those of kinds that
 * are not known here as well.
 */
const openFields: ReadonlySet<string> = new Set([
  'azureOpenAIApiInstanceName',
  'azureOpenAIApiDeploymentName',
  'azureOpenAIApiVersion',
  'azureFoundryEndpoint',
  'basicAuthUsername',
  'chromaDatabase',
  'chromaTenant',
  'cloudflareAccountId',
  'endpoint',
  'googleCustomSearchApiId',
  'projectID',
  'projectId',
  'serviceUrl',
  'user',
  'version',
])

/** Headers that say what is sent and wanted, and by whom: answers are full of the same words. */
const openHeader =
  /^(accept|content-|cache-control$|host$|origin$|user-agent$)|(referer|title|version)$/i
/** What services call their keys in queries and bodies. */
const secretName =
  /^(key|sig|signature|auth)$|api[-_]?key|secret|passw|passphrase|authorization|token$/i

/** Whether a service calls a key of its own so. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

export function secretsOfFields(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) => (openFields.has(name) ? [] : value))
}

/** The values of headers that may give access; of `Bearer x`, `x` as well. */
export function secretsOfHeaders(headers: Readonly<Record<string, string>>): string[] {
  const closed = Object.entries(headers).filter(([name]) => !openHeader.test(name))
  return closed.flatMap(([, value]) => [value, value.replace(/^(bearer|basic|token)\s+/i, '')])
}

/** The password of an address, and what stands under the names of keys in its query. */
export function secretsOfUrl(url: URL): string[] {
  return [...passwordIn(url.href), ...secretsOfData(Object.fromEntries(url.searchParams))]
}

/** What stands under the names of keys in data, at any depth, or beside them in `{key, value}`. */
export function secretsOfData(data: unknown): string[] {
  if (Array.isArray(data)) return data.flatMap(secretsOfData)
  if (!isRecord(data)) return []
  const { key, value } = data
  const pairs =
    typeof key === 'string' && 'value' in data ? [[key, value] as const] : Object.entries(data)
  return pairs.flatMap(([name, item]) =>
    typeof item === 'string' && isSecretName(name) ? [item] : secretsOfData(item),
  )
}
