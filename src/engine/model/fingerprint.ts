import { createHash } from 'node:crypto'

/** The same for the same values only; says nothing of the secrets among them. */
export function fingerprint(values: unknown): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}
